import { ZlideError } from '../errors.ts'
import { concatenate } from './concatenate.ts'

/** A connection that brings nothing for so long is given up, in words. Milliseconds. */
const STALL_TIMEOUT = 20_000

/** What to do about a file that the site does not have. */
export const REPUBLISH = 'publish the folder of the site again, whole'

/** Fetch one address whole. Throws a ZlideError that says what happened, also when nothing arrives for a while. */
export async function download(
  url: URL,
  options: RequestInit = {},
  arrived: (bytes: number) => void = () => {},
): Promise<Uint8Array> {
  const patience = new AbortController()
  const stop = () => patience.abort(options.signal?.reason)
  options.signal?.addEventListener('abort', stop)
  const stalled = () =>
    patience.abort(
      new ZlideError(
        readableUrl(url),
        `nothing has arrived for ${STALL_TIMEOUT / 1000} seconds`,
        'check the connection and retry',
      ),
    )
  let timer = setTimeout(stalled, STALL_TIMEOUT)
  try {
    const response = await fetch(url, { ...options, signal: patience.signal })
    if (!response.ok)
      throw new ZlideError(
        readableUrl(url),
        `the server answered ${response.status} ${response.statusText}`.trim(),
        response.status === 404 ? REPUBLISH : 'retry in a moment, or tell who publishes this page',
      )
    const chunks: Uint8Array[] = []
    for (const reader = (response.body as ReadableStream<Uint8Array>).getReader(); ; ) {
      const { done, value } = await reader.read()
      if (done) return concatenate(chunks)
      clearTimeout(timer)
      timer = setTimeout(stalled, STALL_TIMEOUT)
      chunks.push(value)
      arrived(value.length)
    }
  } catch (error) {
    if (patience.signal.aborted) throw patience.signal.reason
    if (error instanceof ZlideError) throw error
    throw new ZlideError(
      readableUrl(url),
      'cannot be fetched',
      isCrossOrigin(url)
        ? `check the connection and retry; ${crossOriginRemedy(url)}`
        : 'check the connection and retry',
    )
  } finally {
    clearTimeout(timer)
    options.signal?.removeEventListener('abort', stop)
  }
}

/** Whether another host than that of the page has it. */
export const isCrossOrigin = (url: URL): boolean =>
  typeof origin === 'string' && url.origin !== origin

/** What a page and the host of `url` have to allow, where they are not the same. */
export const crossOriginRemedy = (url: URL): string =>
  `${url.origin} has to send “Access-Control-Allow-Origin”, and a content security policy of this page has to name it as connect-src, script-src and worker-src`

/** An address as a reader knows it: from the host on, without the hash. */
export const readableUrl = (url: URL) => (isCrossOrigin(url) ? url.origin : '') + url.pathname
