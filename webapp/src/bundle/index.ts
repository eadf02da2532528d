export { concatenate } from './concatenate.ts'
export { inconsistenciesAmong } from './consistency.ts'
export { crossOriginRemedy, download, isCrossOrigin, REPUBLISH, readableUrl } from './download.ts'
export { fetchFiles, fetchManifest, type Progress, requireFile } from './fetch.ts'
export {
  type AxesSet,
  type Axis,
  type File,
  filesOf,
  type Graph,
  type ImageDecoder,
  type ImageEncoder,
  type Manifest,
  parseJson,
  type Size,
  type TextDecoder,
  type TextEncoder,
  type Tokens,
  throwProblems,
} from './manifest.ts'
export { shapeOf, valueCount } from './picture-size.ts'
export { type Schema, schemaProblems } from './schema-check.ts'
export type { DecodedTokens, GraphWidths, Spec, Values } from './spec.ts'
export { decoderGraphs, encoderGraphs, specOf } from './specs.ts'
export { readWords } from './vocabulary.ts'
