import type { ImageEncoder } from '../bundle/index.ts'
import { ZlideError } from '../errors.ts'
import { type Dimensions, readHeader } from './picture-header.ts'
import { resize } from './resize.ts'
import { fromBytes, type Picture } from './sample.ts'

/** More pixels are not decoded: they would take more memory than a tab may have. */
const MAX_PIXELS = 100_000_000

/** The size of a picture is in its first bytes. Before that of a JPEG there may be a preview, a profile and remarks. */
const HEADER_BYTES = 1 << 23

/** Sides longer than this are scaled down by the browser before the exact scaling, which would take seconds. */
const MAX_SIDE = 2048

/**
 * A reader's own file → a picture as the encoder wants it: cropped around its centre, scaled as the training frames were.
 *
 * Of an animation its first frame; what is transparent lies on white. Throws a ZlideError, in one line, for what is no picture.
 */
export async function importPicture(file: File, { size, aspect }: ImageEncoder): Promise<Picture> {
  const refuse = (problem: string, remedy: string) =>
    new ZlideError(file.name, problem, remedy, { permanent: true })
  if (file.size === 0) throw refuse('expected a picture, found an empty file', 'choose another')
  const head = new Uint8Array(
    await file
      .slice(0, HEADER_BYTES)
      .arrayBuffer()
      .catch(() => new ArrayBuffer(0)),
  )
  if (isSVG(file, head)) throw refuse('expected pixels, found an SVG drawing', 'save it as PNG')
  const unreadable = refuse(
    'this is no picture that can be read here',
    'choose a PNG, JPEG, GIF or WebP',
  )
  const said = readHeader(head)
  if (!said) throw unreadable // not even tried: it could be of any size
  if (said.width * said.height > MAX_PIXELS) {
    const [width, height] = [said.width, said.height].map((side) => side.toLocaleString('en'))
    throw refuse(
      `expected at most ${MAX_PIXELS / 1e6} million pixels, found ${width} × ${height}`,
      'scale it down',
    )
  }
  const bitmap = await createImageBitmap(file).catch(() => {
    throw unreadable
  })
  const cut = crop(bitmap, aspect)
  const { width, height, data } = draw(bitmap, cut)
  bitmap.close()
  return resize(fromBytes(data, { width, height, channels: size.channels }, 4), size)
}

/** The largest part of a picture that has this aspect (width by height), around its centre. In whole pixels. */
export function crop(
  { width, height }: Dimensions,
  aspect: number,
): Dimensions & { x: number; y: number } {
  const cut = {
    width: Math.max(1, Math.min(width, Math.round(height * aspect))),
    height: Math.max(1, Math.min(height, Math.round(width / aspect))),
  }
  return {
    ...cut,
    x: Math.floor((width - cut.width) / 2),
    y: Math.floor((height - cut.height) / 2),
  }
}

function draw(bitmap: ImageBitmap, cut: ReturnType<typeof crop>): ImageData {
  const scale = Math.min(1, MAX_SIDE / Math.max(cut.width, cut.height))
  const [width, height] = [cut.width, cut.height].map((side) =>
    Math.max(1, Math.round(side * scale)),
  ) as [number, number]
  const pen = new OffscreenCanvas(width, height).getContext('2d', {
    willReadFrequently: true,
  }) as OffscreenCanvasRenderingContext2D
  pen.imageSmoothingQuality = 'high'
  pen.fillStyle = 'white'
  pen.fillRect(0, 0, width, height)
  pen.drawImage(bitmap, cut.x, cut.y, cut.width, cut.height, 0, 0, width, height)
  return pen.getImageData(0, 0, width, height)
}

const isSVG = (file: File, head: Uint8Array): boolean =>
  file.type === 'image/svg+xml' ||
  /^\s*<(\?xml|!doctype svg|!--|svg)/i.test(new TextDecoder().decode(head.slice(0, 200)))
