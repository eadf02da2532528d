import type { ImageEncoder } from '../../bundle/index.ts'
import { ZlideError } from '../../errors.ts'
import { fromBytes, type Picture } from './picture.ts'
import { type Dimensions, readHeader } from './picture-header.ts'
import { resize } from './resize.ts'

/** Larger pictures are refused: decoding them would take more memory than a tab may have. */
const MAX_PIXELS = 100_000_000

/** The size of a picture is in these first bytes. A JPEG may have a preview and metadata before it. */
const HEADER_BYTES = 1 << 23

/** The browser shrinks longer sides first, because the exact resizing would take seconds. */
const MAX_SIDE = 2048

/**
 * Read a file, crop it around its center and resize it for the encoder, like the training frames.
 *
 * Takes the first frame of an animation. Transparent pixels become white. Throws a ZlideError for a
 * file that is not a picture, or too large.
 */
export async function importPicture(file: File, { size, aspect }: ImageEncoder): Promise<Picture> {
  const refuse = (problem: string, remedy: string) =>
    new ZlideError(file.name, problem, remedy, { permanent: true })
  if (file.size === 0)
    throw refuse('expected a picture, found an empty file', 'choose another file')
  const head = new Uint8Array(
    await file
      .slice(0, HEADER_BYTES)
      .arrayBuffer()
      .catch(() => new ArrayBuffer(0)),
  )
  if (isSVG(file, head)) throw refuse('expected pixels, found an SVG drawing', 'save it as PNG')
  const unreadable = refuse(
    'not a picture that this browser can read',
    'choose a PNG, JPEG, GIF or WebP file',
  )
  const declared = readHeader(head)
  if (!declared) throw unreadable // without a size it is not safe to decode
  if (declared.width * declared.height > MAX_PIXELS) {
    const [width, height] = [declared.width, declared.height].map((side) =>
      side.toLocaleString('en'),
    )
    throw refuse(
      `expected at most ${MAX_PIXELS / 1e6} million pixels, found ${width} × ${height}`,
      'make it smaller',
    )
  }
  const bitmap = await createImageBitmap(file).catch(() => {
    throw unreadable
  })
  const { width, height, data } = draw(bitmap, crop(bitmap, aspect))
  bitmap.close()
  return resize(fromBytes(data, { width, height, channels: size.channels }, 4), size)
}

/** Return the largest centered part of a picture with this aspect, width by height, in whole pixels. */
export function crop(
  { width, height }: Dimensions,
  aspect: number,
): Dimensions & { x: number; y: number } {
  const part = {
    width: Math.max(1, Math.min(width, Math.round(height * aspect))),
    height: Math.max(1, Math.min(height, Math.round(width / aspect))),
  }
  return {
    ...part,
    x: Math.floor((width - part.width) / 2),
    y: Math.floor((height - part.height) / 2),
  }
}

function draw(bitmap: ImageBitmap, part: ReturnType<typeof crop>): ImageData {
  const scale = Math.min(1, MAX_SIDE / Math.max(part.width, part.height))
  const [width, height] = [part.width, part.height].map((side) =>
    Math.max(1, Math.round(side * scale)),
  ) as [number, number]
  const pen = new OffscreenCanvas(width, height).getContext('2d', {
    willReadFrequently: true,
  }) as OffscreenCanvasRenderingContext2D
  pen.imageSmoothingQuality = 'high'
  pen.fillStyle = 'white'
  pen.fillRect(0, 0, width, height)
  pen.drawImage(bitmap, part.x, part.y, part.width, part.height, 0, 0, width, height)
  return pen.getImageData(0, 0, width, height)
}

const isSVG = (file: File, head: Uint8Array): boolean =>
  file.type === 'image/svg+xml' ||
  /^\s*<(\?xml|!doctype svg|!--|svg)/i.test(new TextDecoder().decode(head.slice(0, 200)))
