import type { Size } from './manifest.types.ts'

/** Return height, width and channels, in the order of a picture's values. */
export const shapeOf = ({ height, width, channels }: Size): [number, number, number] => [
  height,
  width,
  channels,
]

/** Return the number of values in a picture. */
export const valueCount = ({ height, width, channels }: Size): number => height * width * channels
