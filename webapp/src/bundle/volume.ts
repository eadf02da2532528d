import type { Size } from './manifest.types.ts'

/** So many values make a picture. */
export const volume = ({ height, width, channels }: Size): number => height * width * channels
