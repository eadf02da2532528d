import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { flush, TestStore } from '../../test/store.ts'
import { ZlideError } from '../errors.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const setOf = (store: TestStore) => store.navigation.position?.set

/** A store that is computing the second set of axes. */
async function selecting(): Promise<TestStore> {
  const store = await new TestStore().start()
  store.source.model.computing.close()
  void store.axesSelection.select(1)
  await flush()
  return store
}

test('shows the same z on another set of axes, as a step', async () => {
  const store = await new TestStore().start()
  store.move(1.5)
  await store.axesSelection.select(1)
  await flush()
  expect(store.sliders).toEqual([3, 0])
  expect(store.navigation.position?.exampleCoordinates.sliders).toEqual([2, 0])
  expect(store.source.model.requests.at(-1)?.set).toBe(1)
  expect(store.steps.at(-1)?.sliders).toEqual([3, 0])
})

test('a slider that is moved while another set is computed keeps its move', async () => {
  const store = await selecting()
  store.move(2.5)
  expect(setOf(store)).toBe(0)
  store.source.model.computing.open()
  await flush()
  expect(setOf(store)).toBe(1)
  expect(store.sliders).toEqual([5, 0])
})

test('the set that was selected last is shown', async () => {
  const store = await selecting()
  void store.axesSelection.select(0)
  store.source.model.computing.open()
  await flush()
  expect(setOf(store)).toBe(0)
})

test('undo returns to the set of the step, and the examples follow', async () => {
  const store = await new TestStore().start()
  await store.axesSelection.select(1)
  store.navigation.undo()
  await flush()
  expect(setOf(store)).toBe(0)
  expect(store.previews.landmarks[1]?.sliders).toEqual([0, 2])
  store.navigation.redo()
  await flush()
  expect(setOf(store)).toBe(1)
  expect(store.previews.landmarks[1]?.sliders).toEqual([0, 4])
})

test('undo computes the coordinates of a set that was left', async () => {
  const store = await new TestStore().start()
  await store.axesSelection.select(1)
  await store.axesSelection.select(2)
  expect(store.previews.landmarks[1]?.sliders).toEqual([0, 6])
  store.navigation.undo()
  await flush()
  expect(store.previews.landmarks[1]?.sliders).toEqual([0, 4])
})

test('undo drops a set that is being computed', async () => {
  const store = await new TestStore().start()
  store.move(2)
  store.navigation.commit()
  store.source.model.computing.close()
  void store.axesSelection.select(1)
  await flush()
  store.navigation.undo()
  store.source.model.computing.open()
  await flush()
  expect(setOf(store)).toBe(0)
  expect(store.sliders).toEqual([1, 0])
})

test('coordinates that arrive after another undo are dropped', async () => {
  const store = await new TestStore().start()
  await store.axesSelection.select(1)
  store.source.model.computing.close()
  store.navigation.undo()
  store.navigation.redo()
  await flush()
  store.source.model.computing.open()
  await flush()
  expect(store.coordinates.state.set).toBe(1)
  expect(store.previews.landmarks[0]?.sliders).toEqual([2, 0])
})

test('a failure while a set is computed keeps the view', async () => {
  const store = await selecting()
  store.source.model.computing.next(new ZlideError('axes/raw', 'cannot be loaded'))
  await flush()
  expect(setOf(store)).toBe(0)
  expect(String(store.session.state.error)).toContain('axes/raw')
})

test('a set is not selected in a bundle that replaced its own', async () => {
  const store = await selecting()
  const { model } = store.source
  await store.start('', 'second')
  model.computing.open()
  await flush()
  expect(setOf(store)).toBe(0)
  expect(store.navigation.canUndo).toBe(false)
})

test('an example that is loaded while a set is computed is shown on the new set', async () => {
  const store = await new TestStore().start()
  await store.userInput.importText('rain') // an example of the reader's own
  await flush()
  store.source.model.computing.close()
  void store.axesSelection.select(1)
  await flush()
  const example = store.session.state.examples[1]
  if (example) void store.navigation.load(example)
  store.source.model.computing.open()
  await flush()
  expect(store.session.state.error).toBeNull()
  expect(setOf(store)).toBe(1)
  expect(store.navigation.position?.example).toBe(example)
  expect(store.sliders).toEqual([0, 4])
})

test('a set that is selected drops a link that is being resolved', async () => {
  const store = await new TestStore().start()
  store.source.model.computing.close()
  store.follow('e=2&o=rain')
  await flush()
  void store.axesSelection.select(1)
  store.source.model.computing.open()
  await flush()
  expect(setOf(store)).toBe(1)
  expect(store.navigation.position?.example.text).toBe('one')
})

test('a link drops a set that is being computed', async () => {
  const store = await selecting()
  store.follow('e=2')
  await flush()
  store.source.model.computing.open()
  await flush()
  expect(setOf(store)).toBe(0)
  expect(store.navigation.position?.example.text).toBe('two')
})
