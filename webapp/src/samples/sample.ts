import { type Size, valueCount } from '../bundle/index.ts'
import { count } from '../format.ts'
import { segment, tokenize } from './tokenize.ts'
import { wordDiff } from './word-diff.ts'

/** The output of a decoder. */
export type Sample = Sentence | Picture

export interface Sentence {
  kind: 'text'
  words: readonly string[]
  confidence?: readonly number[] // of each word, if asked for
  ending?: number // confidence of the end; missing if the sentence reached the maximal length
  source?: Source // of an example: its text, which may have more than the words
}

/** The text of an example. */
export type Source = BundleText | TypedText

/** A text of the bundle, which has its z. */
export interface BundleText {
  kind: 'given'
  text: string
  lower: boolean // whether its words are in lower case
}

/** A text that the reader typed. The encoder found its z. */
export interface TypedText {
  kind: 'typed'
  text: string
  lower: boolean // whether its words are in lower case
  read: readonly string[] // the words that the encoder read, in order
  unknown: readonly string[] // words that are not in the vocabulary, each once
  signs: readonly string[] // everything but words and white space, each once
  pieces: readonly Piece[] // the whole text
}

/** A piece of a typed text. White space counts as read. */
export interface Piece {
  text: string
  read: boolean
}

export interface Picture {
  kind: 'image'
  size: Size
  pixels: Float32Array // (H, W, C) in [0, 1], row by row
}

/** Describe how a sample differs from the example; empty if they cannot be compared. */
export function describeDifference(sample: Sample, example: Sample): string {
  if (sample.kind === 'text' && example.kind === 'text')
    return describeSentenceDifference(sample.words, example)
  const same =
    sample.kind === 'image' &&
    example.kind === 'image' &&
    sample.pixels.length === example.pixels.length
  return same ? describePixelDifference(meanDifference(sample, example)) : ''
}

/** A sentence equals the example only if the whole text was read and decoded, signs included. */
function describeSentenceDifference(words: readonly string[], example: Sentence): string {
  const { source = { kind: 'given', text: example.words.join(' '), lower: false } } = example
  const decoded = tokensOf(words.join(' '), source.lower)
  const whole = tokensOf(source.text, source.lower)
  const isPartlyRead = source.kind === 'typed' && source.pieces.some(({ read }) => !read)
  if (isPartlyRead && isEqual(decoded, source.read)) return 'Word for word what was read'
  if (!isPartlyRead && isEqual(decoded, whole)) return 'Word for word the example'
  const writesSigns = decoded.length > tokenize(words.join(' '), source).length
  const number = wordDiff(writesSigns ? whole : example.words, decoded).count
  return number === 0
    ? 'The same words as the example'
    : `${count(number, 'word')} ${number === 1 ? 'differs' : 'differ'} from the example`
}

/** Return the words and signs of a text in order, without white space. */
function tokensOf(text: string, lower: boolean): string[] {
  return segment(text, { lower }).flatMap((each) =>
    each.kind === 'sign' ? [each.text.normalize('NFKC')] : each.words,
  )
}

const isEqual = (one: readonly string[], other: readonly string[]) =>
  one.length === other.length && one.every((word, i) => word === other[i])

const describePixelDifference = (difference: number) =>
  difference < 0.05
    ? 'Pixel for pixel the example'
    : `Pixels differ by ${difference.toFixed(1)} of 255`

/** Return the mean absolute difference of all values, 0…255. */
function meanDifference(one: Picture, other: Picture): number {
  const sum = one.pixels.reduce(
    (sum, value, i) => sum + Math.abs(value - (other.pixels[i] as number)),
    0,
  )
  return (255 * sum) / one.pixels.length
}

/** Return height, width and channels, in the order of a picture's values. */
export const shapeOf = ({ height, width, channels }: Size): [number, number, number] => [
  height,
  width,
  channels,
]

/**
 * Make a picture from bytes, row by row, `stride` per pixel; an alpha channel is ignored.
 *
 * Color becomes grey by its luma (ITU-R BT.601).
 */
export function fromBytes(
  bytes: ArrayLike<number>,
  size: Size,
  stride: number = size.channels,
): Picture {
  const pixels = new Float32Array(valueCount(size))
  const grey = size.channels === 1 && stride >= 3
  for (let i = 0; i < size.height * size.width; i += 1) {
    const at = (channel: number) => (bytes[i * stride + channel] as number) / 255
    if (grey) pixels[i] = 0.299 * at(0) + 0.587 * at(1) + 0.114 * at(2)
    else
      for (let channel = 0; channel < size.channels; channel += 1)
        pixels[i * size.channels + channel] = at(channel)
  }
  return { kind: 'image', size, pixels }
}

/** A picture → red, green, blue and alpha, 0…255, for a canvas. */
export function toRGBA({ size, pixels }: Picture): Uint8ClampedArray<ArrayBuffer> {
  const { height, width, channels } = size
  const bytes = new Uint8ClampedArray(4 * height * width)
  for (let i = 0; i < height * width; i += 1) {
    for (let channel = 0; channel < 3; channel += 1)
      bytes[4 * i + channel] = 255 * (pixels[i * channels + (channel % channels)] as number) // rounded by the array
    bytes[4 * i + 3] = 255
  }
  return bytes
}
