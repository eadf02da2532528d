import type { ReaderEventHandlers } from '../reader-events.ts'
import type { Example } from '../samples/index.ts'
import type { ExplorerStore } from '../store/index.ts'
import {
  evenlySpaced,
  move,
  randomize,
  randomOtherExample,
  reset,
  TRAVERSAL_FRAMES,
} from '../view/index.ts'

/** Return the action on the store for each event of a reader. */
export function readerActions(store: ExplorerStore): ReaderEventHandlers {
  const { session, navigation, axesSelection, userInput, previews } = store
  const selectExample = (example: Example) => void navigation.load(example)
  const moveAxis = (axis: number, value: number) =>
    navigation.move((position) => move(position, axis, value))
  return {
    'axis-move': ({ axis, value }) => moveAxis(axis, value),
    'axis-hover': (axis) => previews.hover(axis),
    'axes-select': (set) => void axesSelection.select(set),
    'map-move': ([x, y]) => {
      const [across, up] = navigation.state.view?.mapAxes ?? [0, 1]
      navigation.move((position) => move(move(position, across, x), up, y))
    },
    'map-axes-select': (mapAxes) => {
      navigation.change((view) => ({ ...view, mapAxes }))
      navigation.commit()
    },
    'gesture-end': () => navigation.commitSoon(),
    'frame-select': (index) => {
      const values = evenlySpaced(navigation.axes?.range ?? 0, TRAVERSAL_FRAMES)
      moveAxis(previews.axis, values[index] as number)
      navigation.commit()
    },
    'z-randomize': () => {
      const range = navigation.axes?.range ?? 0
      navigation.move((position) => randomize(position, range))
      navigation.commit()
    },
    'z-reset': () => {
      navigation.move(reset)
      navigation.commit()
    },
    'step-undo': () => navigation.undo(),
    'step-redo': () => navigation.redo(),
    'example-select': selectExample,
    'landmark-select': (index) => selectExample(session.state.examples[index] as Example),
    'example-change': () => {
      const { position } = navigation
      if (position) selectExample(randomOtherExample(session.state.examples, position.example))
    },
    'text-enter': (text) => void userInput.importText(text),
    'file-enter': (file) => void userInput.importFile(file),
    'drawing-enter': (sample) => void userInput.importDrawing(sample),
    'end-select': ({ which, source }) => navigation.selectEnd(which, source),
    'ends-swap': () => navigation.swapEnds(),
    'shape-select': (shape) => navigation.selectShape(shape),
    'path-move': (t) => navigation.moveAlongPath(t),
    'mode-change': (decoding) => navigation.change((view) => ({ ...view, decoding })),
    'backend-select': (choice) => session.state.choices?.choose(choice),
    'bundle-retry': () => store.resume(),
  }
}
