export { begin, canRedo, canUndo, type History, present, redo, step, undo } from './history.ts'
export { angle, between, type Path } from './interpolation.ts'
export { snap } from './quantize.ts'
export { along, FILM, nearest, runs, STRIP, signed, spread } from './traversal.ts'
export { type Known, placed, read, spell, type Wanted } from './url.ts'
export {
  alike,
  another,
  type End,
  firstAcross,
  load,
  look,
  move,
  type Position,
  randomize,
  reset,
  rowsOf,
  settle,
  type View,
} from './view.ts'
