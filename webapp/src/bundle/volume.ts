import type { Size } from './manifest.types.ts'

/** So many values make a picture. */
export const valueCount = ({ height, width, channels }: Size): number => height * width * channels
