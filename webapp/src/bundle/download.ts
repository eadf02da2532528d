import { ZlideError } from '../errors.ts'
import { concatenate } from './concatenate.ts'

/** Milliseconds without any data after which a download fails. */
const STALL_TIMEOUT = 20_000

/** The remedy for a file that the site lacks. */
export const REPUBLISH = 'publish the whole folder of the site again'

/** Fetch a file. Throws a ZlideError if it cannot be fetched, or if no data arrives for a while. */
export async function download(
  url: URL,
  options: RequestInit = {},
  arrived: (bytes: number) => void = () => {},
): Promise<Uint8Array> {
  const abort = new AbortController()
  const stop = () => abort.abort(options.signal?.reason)
  options.signal?.addEventListener('abort', stop)
  const stalled = () =>
    abort.abort(
      new ZlideError(
        readableUrl(url),
        `no data arrived for ${STALL_TIMEOUT / 1000} seconds`,
        'check the connection and retry',
      ),
    )
  let timer = setTimeout(stalled, STALL_TIMEOUT)
  try {
    const response = await fetch(url, { ...options, signal: abort.signal })
    if (!response.ok)
      throw new ZlideError(
        readableUrl(url),
        `the server answered ${response.status} ${response.statusText}`.trim(),
        response.status === 404 ? REPUBLISH : 'retry later, or tell the publisher of this page',
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
    if (abort.signal.aborted) throw abort.signal.reason
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

/** Return whether a URL is of another origin than the page. */
export const isCrossOrigin = (url: URL): boolean =>
  typeof origin === 'string' && url.origin !== origin

/** The remedy for a URL of another origin: what that host and the page must allow. */
export const crossOriginRemedy = (url: URL): string =>
  `${url.origin} must send “Access-Control-Allow-Origin”, and the content security policy of this page must allow it in connect-src, script-src and worker-src`

/** Return a URL for messages: without the query, and without the origin if it is the page's. */
export const readableUrl = (url: URL) => (isCrossOrigin(url) ? url.origin : '') + url.pathname
