import type { Size } from '../../bundle/index.ts'
import { ZlideError } from '../../errors.ts'
import { fromBytes, type Picture } from './picture.ts'

/**
 * Split a PNG into `count` pictures, one below the other.
 *
 * Throws a ZlideError if the browser cannot read it, or if it has another size.
 */
export async function readSpriteSheet(
  path: string,
  png: Uint8Array,
  size: Size,
  count: number,
): Promise<Picture[]> {
  const refuse = (problem: string) =>
    new ZlideError(path, problem, 'export the model again', { permanent: true })
  const blob = new Blob([png as BlobPart], { type: 'image/png' })
  const bitmap = await createImageBitmap(blob, {
    colorSpaceConversion: 'none',
    premultiplyAlpha: 'none',
  }).catch(() => {
    throw refuse('not a PNG that this browser can read')
  })
  const { width, height } = bitmap
  if (width !== size.width || height !== size.height * count)
    throw refuse(
      `expected ${count} pictures of ${size.width} × ${size.height} one below the other, found ${width} × ${height} pixels`,
    )
  const pen = new OffscreenCanvas(width, height).getContext('2d', {
    willReadFrequently: true,
  }) as OffscreenCanvasRenderingContext2D
  pen.drawImage(bitmap, 0, 0)
  bitmap.close()
  return Array.from({ length: count }, (_, i) =>
    fromBytes(pen.getImageData(0, i * size.height, width, size.height).data, size, 4),
  )
}
