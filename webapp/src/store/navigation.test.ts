import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { EXAMPLES } from '../../test/fake-source.ts'
import { flush, TestStore } from '../../test/store.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const PAUSE = 400 // milliseconds

test('decodes the last position of many, with one request in flight', async () => {
  const store = await new TestStore().start()
  const { model } = store.source
  model.decoding.close()
  model.requests.length = 0
  for (let value = 0; value <= 100; value += 1) {
    store.move(value / 100)
    if (value % 10 === 0) await flush()
    expect(model.decoding.count).toBeLessThanOrEqual(1)
  }
  model.decoding.open()
  await flush()
  expect(model.requests.map(({ sliders }) => sliders)).toEqual([[[0, 0]], [[1, 0]]])
  expect(store.shown).toBe('1,0')
})

test('a slider that is moved before the examples arrive stays, and can be undone', async () => {
  const store = new TestStore()
  store.source.examples.close()
  await store.start()
  store.move(2)
  store.source.examples.open()
  await flush()
  expect(store.sliders).toEqual([2, 0])
  expect(store.shown).toBe('2,0')
  store.navigation.undo()
  expect(store.sliders).toEqual(EXAMPLES[0]?.sliders)
})

test('a slider that is moved before the model arrives is decoded when it does', async () => {
  const store = new TestStore()
  store.source.opening.close()
  await store.start()
  store.move(2)
  store.move(3)
  expect(store.navigation.isPosterStale).toBe(true)
  store.source.opening.open()
  await flush()
  expect(store.source.model.requests.map(({ sliders }) => sliders)).toEqual([[[3, 0]]])
  expect(store.navigation.isPosterStale).toBe(false)
})

test('moves without a pause are one step', async () => {
  const store = await new TestStore().start()
  for (const value of [1, 2, 3]) {
    store.move(value)
    store.navigation.commitSoon()
    await vi.advanceTimersByTimeAsync(PAUSE - 1)
  }
  expect(store.steps).toHaveLength(0)
  await vi.advanceTimersByTimeAsync(1)
  expect(store.steps.map(({ sliders }) => sliders)).toEqual([[3, 0]])
})

test('undo and redo restore views, decode them and report steps', async () => {
  const store = await new TestStore().start()
  for (const value of [2, 3]) {
    store.move(value)
    store.navigation.commit()
  }
  store.navigation.undo()
  await flush()
  expect(store.shown).toBe('2,0')
  store.navigation.undo()
  expect([store.navigation.canUndo, store.navigation.canRedo]).toEqual([false, true])
  store.navigation.redo()
  store.navigation.redo()
  await flush()
  expect(store.shown).toBe('3,0')
  expect(store.steps.map(({ sliders }) => sliders[0])).toEqual([2, 3, 2, 1, 2, 3])
})

test('undo makes moves that no step holds yet a step first', async () => {
  const store = await new TestStore().start()
  store.move(2)
  store.navigation.commitSoon()
  store.navigation.undo()
  expect(store.sliders).toEqual(EXAMPLES[0]?.sliders)
  store.navigation.redo()
  expect(store.sliders).toEqual([2, 0])
  await vi.advanceTimersByTimeAsync(PAUSE)
  expect(store.steps).toHaveLength(3)
})

test('a new step replaces the steps that were undone', async () => {
  const store = await new TestStore().start()
  store.move(2)
  store.navigation.commit()
  store.navigation.undo()
  store.move(3)
  store.navigation.commit()
  expect(store.navigation.canRedo).toBe(false)
})

test('undo waits for the model', async () => {
  const store = await new TestStore().start()
  store.move(2)
  store.navigation.commit()
  store.suspend()
  expect(store.navigation.canUndo).toBe(false)
  store.navigation.undo()
  expect(store.sliders).toEqual([2, 0])
})

test('a removed element commits no step', async () => {
  const store = await new TestStore().start()
  store.move(2)
  store.navigation.commitSoon()
  store.suspend()
  await vi.advanceTimersByTimeAsync(PAUSE)
  expect(store.steps).toHaveLength(0)
})

test('reports the state of the view that was decoded, not of a later one', async () => {
  const store = await new TestStore().start()
  store.source.model.decoding.close()
  store.move(2)
  await flush()
  store.move(3)
  store.source.model.decoding.next()
  await flush()
  const change = store.changes.at(-1)
  expect(change?.sliders).toEqual([2, 0])
  expect(change?.text).toBe('2,0')
  expect(new URLSearchParams(change?.state).get('z')).toBe('2')
})

test('reports nothing before the examples arrive', async () => {
  const store = new TestStore()
  store.source.examples.close()
  await store.start()
  store.move(2)
  store.navigation.commit()
  await flush()
  expect([...store.changes, ...store.steps]).toHaveLength(0)
})

test('an example whose coordinates are not known is loaded when they are', async () => {
  const store = await new TestStore().start()
  await store.axesSelection.select(1)
  store.coordinates.clear() // as after a failure
  const example = store.session.state.examples[1]
  if (example) await store.navigation.load(example)
  expect(store.sliders).toEqual([0, 4])
})

test('a move drops an example that waits for its coordinates', async () => {
  const store = await new TestStore().start()
  await store.axesSelection.select(1)
  store.coordinates.clear()
  store.source.model.computing.close()
  const example = store.session.state.examples[1]
  const loading = example && store.navigation.load(example)
  store.move(2.5)
  store.source.model.computing.open()
  await loading
  expect(store.navigation.position?.example.text).toBe('one')
  expect(store.sliders).toEqual([2.5, 0])
})

test('the last of two examples is loaded, although both wait for coordinates', async () => {
  const store = await onSecondSet()
  const [, two, three] = store.session.state.examples
  if (two) void store.navigation.load(two)
  await flush()
  if (three) void store.navigation.load(three)
  store.source.model.computing.open()
  await flush()
  expect(store.navigation.position?.example).toBe(three)
  expect(store.sliders).toEqual([-2, 2])
})

test('an example that waits for its coordinates is loaded on the set that is in use then', async () => {
  const store = await onSecondSet()
  const example = store.session.state.examples[1]
  if (example) void store.navigation.load(example)
  await flush()
  void store.axesSelection.select(2)
  await flush()
  store.source.model.computing.open()
  await flush()
  expect(store.navigation.position?.example).toBe(example)
  expect(store.navigation.position?.set).toBe(2)
  expect(store.sliders).toEqual([0, 6])
})

test('a change of the sampling mode does not drop an example that waits', async () => {
  const store = await onSecondSet()
  const example = store.session.state.examples[1]
  if (example) void store.navigation.load(example)
  await flush()
  const decoding = { kind: 'drawn', temperature: 1, top: null, seed: 1 } as const
  store.navigation.change((view) => ({ ...view, decoding }))
  store.source.model.computing.open()
  await flush()
  expect(store.navigation.position?.example).toBe(example)
})

test('coordinates that a model did not give are asked of the next one', async () => {
  const store = await onSecondSet()
  store.suspend()
  expect(store.previews.landmarks).toEqual([]) // not those of another set
  store.resume()
  await flush()
  expect(store.previews.landmarks[1]?.sliders).toEqual([0, 4])
})

/** A store on the second set of axes, whose coordinates are not computed. */
async function onSecondSet(): Promise<TestStore> {
  const store = await new TestStore().start()
  await store.axesSelection.select(1)
  store.coordinates.clear()
  store.source.model.computing.close()
  return store
}

test('an example that needs a model is dropped without one', async () => {
  const store = await onSecondSet()
  store.suspend()
  const example = store.session.state.examples[1]
  if (example) await store.navigation.load(example)
  store.resume()
  await flush()
  expect(store.navigation.position?.example.text).toBe('one')
})
