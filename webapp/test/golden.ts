// Reads the golden bundles, which the exporter made.

import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const path = (name: string) => fileURLToPath(new URL(`../../tests/golden/${name}`, import.meta.url))

export const goldenBytes = (name: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(readFileSync(path(name)))
export const goldenText = (name: string): string => readFileSync(path(name), 'utf8')

/** A `fetch` that serves the folder tests/golden like a static server. */
export async function serveGolden(input: URL | RequestInfo): Promise<Response> {
  const { pathname } = new URL(String(input))
  return existsSync(path(`.${pathname}`))
    ? new Response(goldenBytes(`.${pathname}`) as BodyInit)
    : new Response('', { status: 404, statusText: 'Not Found' })
}

/** Read the flat rows of a tensor in a safetensors file (https://huggingface.co/docs/safetensors). */
export function tensor(name: string, file: Uint8Array): number[][] {
  const length = Number(new DataView(file.buffer).getBigUint64(0, true))
  const { dtype, shape, data_offsets } = JSON.parse(
    new TextDecoder().decode(file.slice(8, 8 + length)),
  )[name]
  const bytes = file.slice(8 + length + data_offsets[0], 8 + length + data_offsets[1])
  const read = {
    F32: () => new Float32Array(bytes.buffer),
    I32: () => new Int32Array(bytes.buffer),
    U8: () => bytes,
  }
  const values = Array.from(read[dtype as keyof typeof read]())
  const width = values.length / shape[0]
  return Array.from({ length: shape[0] }, (_, row) => values.slice(row * width, (row + 1) * width))
}
