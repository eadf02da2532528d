/** A picture's size in pixels, from its header. */
export interface Dimensions {
  width: number
  height: number
}

/** Read the size from the first bytes of a PNG, JPEG, GIF, WebP, BMP, AVIF or HEIC; otherwise null. */
export function readHeader(bytes: Uint8Array): Dimensions | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const text = (at: number, length: number) =>
    new TextDecoder('latin1').decode(bytes.slice(at, at + length))
  try {
    if (text(1, 3) === 'PNG') return { width: view.getUint32(16), height: view.getUint32(20) }
    if (text(0, 3) === 'GIF') return readGIF(view)
    if (text(0, 2) === 'BM')
      return { width: Math.abs(view.getInt32(18, true)), height: Math.abs(view.getInt32(22, true)) }
    if (text(8, 4) === 'WEBP') return readWebP(view, text(12, 4))
    if (text(4, 4) === 'ftyp') return readBoxes(view, text(0, 1 << 20))
    if (view.getUint16(0) === 0xffd8) return readJPEG(view)
  } catch {} // shorter than a header
  return null
}

/** Read the size of the screen, or of the first frame if that is larger: browsers allocate it. */
function readGIF(view: DataView): Dimensions {
  const short = (at: number) => view.getUint16(at, true)
  const flags = view.getUint8(10)
  let at = 13 + (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0) // after the color table
  for (; view.getUint8(at) === 0x21; at += 1) {
    at += 2 // an extension: its type, then blocks until an empty one
    while (view.getUint8(at)) at += 1 + view.getUint8(at)
  }
  return {
    width: Math.max(short(6), short(at + 1) + short(at + 5)),
    height: Math.max(short(8), short(at + 3) + short(at + 7)),
  }
}

function readWebP(view: DataView, chunk: string): Dimensions | null {
  const three = (at: number) => view.getUint16(at, true) + 65_536 * view.getUint8(at + 2)
  if (chunk === 'VP8X') return { width: three(24) + 1, height: three(27) + 1 }
  if (chunk === 'VP8 ')
    return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff }
  if (chunk === 'VP8L')
    return {
      width: (view.getUint32(21, true) & 0x3fff) + 1,
      height: ((view.getUint32(21, true) >> 14) & 0x3fff) + 1,
    }
  return null
}

/** Read the size of the largest picture in an AVIF or a HEIC; thumbnails and tiles have boxes too. */
function readBoxes(view: DataView, text: string): Dimensions | null {
  const found = Array.from(text.matchAll(/ispe/g), ({ index }) => ({
    width: view.getUint32(index + 8),
    height: view.getUint32(index + 12),
  }))
  return found.sort((a, b) => b.width * b.height - a.width * a.height)[0] ?? null
}

function readJPEG(view: DataView): Dimensions | null {
  for (let at = 2; ; at += 2 + view.getUint16(at + 2)) {
    while (view.getUint16(at) === 0xffff) at += 1 // padding
    const marker = view.getUint16(at)
    const frame = marker >= 0xffc0 && marker <= 0xffcf && ![0xffc4, 0xffc8, 0xffcc].includes(marker)
    if (frame) return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) }
    if (marker < 0xff00) return null
  }
}
