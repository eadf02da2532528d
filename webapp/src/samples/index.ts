export { type Away, isOut, sayAway, sayOut } from './distance.ts'
export { type Example, isExample, type LatentPoint } from './example.ts'
export { fetchExamples } from './examples.ts'
export { nameOf, palette } from './palette.ts'
export { away, fetchPoints } from './points.ts'
export { complete, poster } from './poster.ts'
export {
  compare,
  fromBytes,
  type Picture,
  type Sample,
  type Sentence,
  shapeOf,
  toRGBA,
} from './sample.ts'
export { fill, inkOf, type Point, Stroke } from './stroke.ts'
export { readSentence, sayUnread } from './typed-sentence.ts'
export { wordDiff } from './word-diff.ts'
