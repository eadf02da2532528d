import type { Size } from './manifest.types.ts'

/** Return the number of values in a picture. */
export const valueCount = ({ height, width, channels }: Size): number => height * width * channels
