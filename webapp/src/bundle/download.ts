import { ZlideError } from '../errors.ts'
import { concatenate } from './concatenate.ts'

/** A connection that brings nothing for so long is given up, in words. Milliseconds. */
const PATIENCE = 20_000

/** What to do about a file that the site does not have. */
export const LACKING = 'publish the folder of the site again, whole'

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
        shown(url),
        `nothing has arrived for ${PATIENCE / 1000} seconds`,
        'check the connection and retry',
      ),
    )
  let timer = setTimeout(stalled, PATIENCE)
  try {
    const response = await fetch(url, { ...options, signal: patience.signal })
    if (!response.ok)
      throw new ZlideError(
        shown(url),
        `the server answered ${response.status} ${response.statusText}`.trim(),
        response.status === 404 ? LACKING : 'retry in a moment, or tell who publishes this page',
      )
    const chunks: Uint8Array[] = []
    for (const reader = (response.body as ReadableStream<Uint8Array>).getReader(); ; ) {
      const { done, value } = await reader.read()
      if (done) return concatenate(chunks)
      clearTimeout(timer)
      timer = setTimeout(stalled, PATIENCE)
      chunks.push(value)
      arrived(value.length)
    }
  } catch (error) {
    if (patience.signal.aborted) throw patience.signal.reason
    if (error instanceof ZlideError) throw error
    throw new ZlideError(
      shown(url),
      'cannot be fetched',
      isElsewhere(url)
        ? `check the connection and retry; ${allowing(url)}`
        : 'check the connection and retry',
    )
  } finally {
    clearTimeout(timer)
    options.signal?.removeEventListener('abort', stop)
  }
}

/** Whether another host than that of the page has it. */
export const isElsewhere = (url: URL): boolean =>
  typeof origin === 'string' && url.origin !== origin

/** What a page and the host of `url` have to allow, where they are not the same. */
export const allowing = (url: URL): string =>
  `${url.origin} has to send “Access-Control-Allow-Origin”, and a content security policy of this page has to name it as connect-src, script-src and worker-src`

/** An address as a reader knows it: from the host on, without the hash. */
export const shown = (url: URL) => (isElsewhere(url) ? url.origin : '') + url.pathname
