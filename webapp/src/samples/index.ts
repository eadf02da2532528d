export { type Distance, describeDistance, describeOutside, isOutside } from './distance.ts'
export { type Example, isExample, type LatentPoint } from './example.ts'
export { fetchExamples } from './examples.ts'
export { colorName, palette } from './palette.ts'
export { distanceFromMean, fetchPoints } from './points.ts'
export { exampleOfPoster, poster } from './poster.ts'
export {
  describeDifference,
  fromBytes,
  type Picture,
  type Sample,
  type Sentence,
  shapeOf,
  toRGBA,
} from './sample.ts'
export { fill, type Point, parseColor, Stroke } from './stroke.ts'
export { describeUnread, parseSentence } from './typed-sentence.ts'
export { wordDiff } from './word-diff.ts'
