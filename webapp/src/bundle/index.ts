export { concatenate } from './concatenate.ts'
export { inconsistenciesAmong, readWords } from './consistency.ts'
export { allowing, download, isElsewhere, LACKING, shown } from './download.ts'
export { fetchFiles, fetchManifest, listed, type Progress } from './fetch.ts'
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
  refuse,
  type Size,
  type TextDecoder,
  type TextEncoder,
  type Tokens,
} from './manifest.ts'
export { problems, type Schema } from './schema-check.ts'
export { volume } from './volume.ts'
