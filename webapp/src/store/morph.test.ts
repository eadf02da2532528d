import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { flush, TestStore } from '../../test/store.ts'
import { BackendError } from '../errors.ts'
import type { Sentence } from '../modalities/text/sentence.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A store with the first two examples as ends. */
async function withEnds(): Promise<TestStore> {
  const store = await new TestStore().start()
  store.previews.show(['interpolation'])
  store.navigation.selectEnd('a', 0)
  store.navigation.selectEnd('b', 1)
  await flush()
  return store
}

test('decodes frames from A to B, once for each path', async () => {
  const store = await withEnds()
  const { interpolation } = store.previews.state
  expect(interpolation?.map((sample) => (sample as Sentence).words[0])).toEqual([
    '1,0',
    '0.875,0.25',
    '0.75,0.5',
    '0.625,0.75',
    '0.5,1',
    '0.375,1.25',
    '0.25,1.5',
    '0.125,1.75',
    '0,2',
  ])
  store.source.model.requests.length = 0
  store.move(2)
  await flush()
  expect(store.source.model.requests.map(({ sliders }) => sliders.length)).toEqual([1])
})

test('a position on the path stays on it when A and B are swapped', async () => {
  const store = await withEnds()
  store.navigation.moveAlongPath(0.25)
  expect(store.sliders).toEqual([0.75, 0.5])
  store.navigation.swapEnds()
  await flush()
  expect(store.sliders).toEqual([0.75, 0.5])
  expect(store.navigation.state.view?.interpolation.t).toBe(0.75)
})

test('any other move leaves the path', async () => {
  const store = await withEnds()
  store.navigation.moveAlongPath(0.25)
  store.move(2)
  expect(store.navigation.state.view?.interpolation.t).toBeNull()
})

test('the shape that was chosen last is used, although the first takes longer', async () => {
  const store = await withEnds()
  store.source.model.computing.close()
  store.navigation.selectShape('spherical')
  await flush()
  store.navigation.selectShape('linear')
  await flush()
  store.source.model.computing.open()
  await flush()
  expect(store.morph.path?.kind).toBe('linear')
})

test('frames of the last path disappear until those of the next are decoded', async () => {
  const store = await withEnds()
  store.source.model.computing.close()
  store.navigation.selectShape('spherical')
  await flush()
  store.move(2)
  expect(store.previews.state.interpolation).toBeNull()
  store.source.model.computing.open()
  await flush()
  expect(store.previews.state.interpolation).toHaveLength(9)
})

test('a spherical path that was chosen before the model is found when it arrives', async () => {
  const store = new TestStore()
  store.source.opening.close()
  await store.start()
  store.navigation.selectEnd('a', 0)
  store.navigation.selectEnd('b', 1)
  store.navigation.selectShape('spherical')
  await flush()
  expect(store.morph.path).toBeNull()
  store.source.opening.open()
  await flush()
  expect(store.morph.path?.kind).toBe('spherical')
})

test('undo restores the ends of the step', async () => {
  const store = await withEnds()
  store.navigation.undo()
  await flush()
  expect(store.navigation.state.view?.interpolation.b).toBeNull()
  expect(store.morph.path).toBeNull()
  store.navigation.redo()
  await flush()
  expect(store.morph.path?.kind).toBe('linear')
})

test('the ends follow to another set of axes', async () => {
  const store = await withEnds()
  await store.axesSelection.select(1)
  await flush()
  expect(store.navigation.state.view?.interpolation.b?.sliders).toEqual([0, 4])
  expect(store.previews.state.interpolation).toHaveLength(9)
  expect(store.source.model.requests.at(-1)?.set).toBe(1)
})

test('a link to a fraction of the path is shown at its point', async () => {
  const store = await new TestStore().start('b=1~2&t=0.5')
  expect(store.sliders).toEqual([0.5, 1])
  expect(store.morph.path?.kind).toBe('linear')
})

test('a search that its model did not answer is repeated on the next one', async () => {
  const store = await withEnds()
  store.source.model.computing.close()
  store.navigation.selectShape('spherical')
  await flush()
  store.suspend()
  store.resume()
  await flush()
  expect(store.morph.path?.kind).toBe('spherical')
  expect(store.previews.state.interpolation).toHaveLength(9)
})

test('a search is repeated on WebAssembly if another backend fails', async () => {
  const store = await new TestStore().start('', 'sentences', 'webgl')
  store.navigation.selectEnd('a', 0)
  store.navigation.selectEnd('b', 1)
  await flush()
  store.source.model.computing.close()
  store.navigation.selectShape('spherical')
  await flush()
  store.source.model.computing.next(new BackendError('webgl', 'lost its context'))
  await flush()
  expect(store.source.backends).toEqual(['webgl', 'wasm'])
  expect(store.morph.path?.kind).toBe('spherical')
})

test('a position that has no path is not said to be on it', async () => {
  const store = await withEnds()
  store.navigation.moveAlongPath(0.5)
  store.suspend()
  store.navigation.selectShape('spherical')
  await flush()
  expect(store.navigation.state.view?.interpolation.t).toBeNull()
})

test('an older path does not move a reader who has left it, nor drop a newer link', async () => {
  const store = await withEnds()
  store.navigation.selectShape('spherical')
  await flush()
  store.navigation.moveAlongPath(0.5)
  store.source.model.computing.close()
  store.navigation.swapEnds()
  await flush()
  store.follow('o=rain')
  await flush()
  store.source.model.computing.open()
  await flush()
  expect(store.navigation.position?.example.text).toBe('rain')
})

test('a shape that is found during a drag makes no step of the drag', async () => {
  const store = await withEnds()
  const steps = store.steps.length
  store.source.model.computing.close()
  store.navigation.selectShape('spherical')
  await flush()
  store.move(2)
  store.source.model.computing.open()
  await flush()
  expect(store.steps).toHaveLength(steps)
})
