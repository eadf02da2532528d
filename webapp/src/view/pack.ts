// Numbers as letters that a URL may contain (base64url).

import { LEVELS_PER_SIGMA } from './quantize.ts'

/** Pack quantized numbers, two bytes each. */
export function pack(values: readonly number[]): string {
  const view = new DataView(new ArrayBuffer(2 * values.length))
  for (const [i, value] of values.entries())
    view.setInt16(2 * i, Math.round(value * LEVELS_PER_SIGMA), true)
  return toLetters(view)
}

/** Unpack `count` quantized numbers; undefined if the text does not have that many. */
export function unpack(text: string, count: number): number[] | undefined {
  const view = fromLetters(text, 2 * count)
  return (
    view && Array.from({ length: count }, (_, i) => view.getInt16(2 * i, true) / LEVELS_PER_SIGMA)
  )
}

/** Pack numbers as float32, four bytes each. */
export function packFloats(values: readonly number[]): string {
  const view = new DataView(new ArrayBuffer(4 * values.length))
  for (const [i, value] of values.entries()) view.setFloat32(4 * i, value, true)
  return toLetters(view)
}

/** Unpack `count` float32 numbers; undefined if the text does not have that many. */
export function unpackFloats(text: string, count: number): number[] | undefined {
  const view = fromLetters(text, 4 * count)
  return view && Array.from({ length: count }, (_, i) => view.getFloat32(4 * i, true))
}

const toLetters = ({ buffer }: DataView<ArrayBuffer>) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=+$/, '')

function fromLetters(text: string, count: number): DataView | undefined {
  if (!/^[\w-]+$/.test(text) || text.length !== Math.ceil((4 * count) / 3)) return undefined
  const bytes = Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (letter) =>
    letter.charCodeAt(0),
  )
  return new DataView(bytes.buffer)
}
