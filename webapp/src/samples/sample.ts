import { type Size, valueCount } from '../bundle/index.ts'
import { count } from '../format.ts'
import { segment, tokenize } from './tokenize.ts'
import { wordDiff } from './word-diff.ts'

/** What a decoder makes of a position. */
export type Sample = Sentence | Picture

export interface Sentence {
  kind: 'text'
  words: readonly string[]
  confidence?: readonly number[] // of each word, where it was asked for: how probable the model itself finds it, whatever the temperature
  ending?: number // the same of stopping after the last word; none where the sentence had to stop, being as long as the model ever writes
  source?: Source // of an example: the text that its words were found in, which may hold more than them
}

/** Where the sentence of an example comes from. */
export type Source = BundleText | TypedText

/** A text of the bundle, whose z came with it: no encoder had to read it. */
export interface BundleText {
  kind: 'given'
  text: string
  lower: boolean // whether its words are in lower case
}

/** A text of the reader's own, whose z the encoder found. */
export interface TypedText {
  kind: 'typed'
  text: string
  lower: boolean // whether its words are in lower case
  read: readonly string[] // the words that the encoder read, in their order
  unknown: readonly string[] // the words that it does not know, each once
  signs: readonly string[] // what is neither a word nor white space, each once
  pieces: readonly Piece[] // all of the text
}

/** A piece of a text as it was typed. White space counts as read. */
export interface Piece {
  text: string
  read: boolean
}

export interface Picture {
  kind: 'image'
  size: Size
  pixels: Float32Array // (H, W, C) in [0, 1], row by row
}

/** How far a sample is from the example, as a reader says it; empty where they cannot be compared. */
export function describeDifference(sample: Sample, example: Sample): string {
  if (sample.kind === 'text' && example.kind === 'text')
    return describeSentenceDifference(sample.words, example)
  const same =
    sample.kind === 'image' &&
    example.kind === 'image' &&
    sample.pixels.length === example.pixels.length
  return same ? describePixelDifference(meanDifference(sample, example)) : ''
}

/** An example is called equal only where all of its text was read and decoded, signs among it. */
function describeSentenceDifference(words: readonly string[], example: Sentence): string {
  const { source = { kind: 'given', text: example.words.join(' '), lower: false } } = example
  const decoded = tokensOf(words.join(' '), source.lower)
  const whole = tokensOf(source.text, source.lower)
  const partly = source.kind === 'typed' && source.pieces.some(({ read }) => !read)
  if (partly && isEqual(decoded, source.read)) return 'Word for word what was read'
  if (!partly && isEqual(decoded, whole)) return 'Word for word the example'
  const writesSigns = decoded.length > tokenize(words.join(' '), source).length
  const number = wordDiff(writesSigns ? whole : example.words, decoded).count
  return number === 0
    ? 'The same words as the example'
    : `${count(number, 'word')} ${number === 1 ? 'differs' : 'differ'} from the example`
}

/** The words and signs of a text, in their order; white space is left out. */
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

/** Of all values of all pixels, 0…255. */
function meanDifference(one: Picture, other: Picture): number {
  const sum = one.pixels.reduce(
    (sum, value, i) => sum + Math.abs(value - (other.pixels[i] as number)),
    0,
  )
  return (255 * sum) / one.pixels.length
}

/** Rows, columns and channels, in the order of a picture's pixels. */
export const shapeOf = ({ height, width, channels }: Size): [number, number, number] => [
  height,
  width,
  channels,
]

/** Bytes row by row, so many a pixel (4 with an alpha, which is left out), 0…255 → a picture. Grey is how bright red, green and blue look. */
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

/** A picture → red, green, blue, alpha, 0…255, as a canvas takes them. */
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
