export { begin, canRedo, canUndo, type History, present, redo, step, undo } from './history.ts'
export { angleBetween, type Path, samplePath } from './interpolation.ts'
export { quantize } from './quantize.ts'
export {
  evenlySpaced,
  formatSigned,
  fractionOf,
  INTERPOLATION_FRAMES,
  nearestIndex,
  TRAVERSAL_FRAMES,
} from './traversal.ts'
export {
  decodeView,
  encodeView,
  type RequestedView,
  resolveEndpoint,
  type UrlContext,
} from './url.ts'
export {
  defaultMapAxes,
  type Endpoint,
  type Interpolation,
  initialView,
  isSameResidual,
  load,
  move,
  type Position,
  randomize,
  randomOtherExample,
  reset,
  settle,
  toRows,
  type View,
} from './view.ts'
