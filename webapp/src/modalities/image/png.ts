import { type Picture, toRGBA } from './picture.ts'

/** The minimum width of a PNG, which is scaled by a whole number. */
const MIN_WIDTH = 512

/** Return a picture as a PNG. */
export function toPNG(picture: Picture): Promise<Blob> {
  const { width, height } = picture.size
  const original = new OffscreenCanvas(width, height)
  original.getContext('2d')?.putImageData(new ImageData(toRGBA(picture), width, height), 0, 0)
  const scale = Math.max(1, Math.ceil(MIN_WIDTH / width))
  const large = new OffscreenCanvas(scale * width, scale * height)
  const context = large.getContext('2d')
  if (context) context.imageSmoothingEnabled = false
  context?.drawImage(original, 0, 0, scale * width, scale * height)
  return large.convertToBlob({ type: 'image/png' })
}
