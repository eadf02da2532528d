import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { flush, TestStore } from '../../test/store.ts'
import { BackendError } from '../errors.ts'
import type { Picture } from '../modalities/image/picture.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const textOf = (store: TestStore) => store.navigation.position?.example.text

/** A store whose encoder reads “rain”. */
async function reading(): Promise<TestStore> {
  const store = await new TestStore().start()
  store.source.model.computing.close()
  void store.userInput.importText('rain')
  await flush()
  expect(store.userInput.status).toEqual({ state: 'reading', name: 'rain' })
  return store
}

test('a sentence becomes the example, as a step', async () => {
  const store = await new TestStore().start()
  await store.userInput.importText('rain and sun')
  await flush()
  expect(textOf(store)).toBe('rain and sun')
  expect(store.shown).toBe('2,3')
  expect(store.userInput.status).toEqual({ state: 'read', remark: expect.stringContaining('and') })
  store.navigation.undo()
  expect(textOf(store)).toBe('one')
  expect(store.userInput.status).toEqual({ state: 'none' })
})

test('the last of two sentences is loaded, although the first takes longer', async () => {
  const store = await reading()
  void store.userInput.importText('sun')
  await flush()
  store.source.model.computing.last()
  await flush()
  store.source.model.computing.open()
  await flush()
  expect(textOf(store)).toBe('sun')
  expect(store.steps.map(({ sliders }) => sliders)).toEqual([[3, 3]])
})

test('a failure of the sentence before the last one is not shown', async () => {
  const store = await reading()
  void store.userInput.importText('sun')
  await flush()
  store.source.model.computing.next(new Error('encoder/read: cannot be loaded'))
  await flush()
  expect(store.userInput.status).toEqual({ state: 'reading', name: 'sun' })
})

test('an example that is loaded meanwhile cancels the reading', async () => {
  const store = await reading()
  const example = store.session.state.examples[1]
  if (example) void store.navigation.load(example)
  store.source.model.computing.open()
  await flush()
  expect(textOf(store)).toBe('two')
  expect(store.userInput.status).toEqual({ state: 'none' })
})

test('a slider that is moved meanwhile does not cancel the reading', async () => {
  const store = await reading()
  store.move(2)
  store.source.model.computing.open()
  await flush()
  expect(textOf(store)).toBe('rain')
  expect(store.sliders).toEqual([2, 2])
})

test('undo cancels the reading', async () => {
  const store = await new TestStore().start()
  store.move(2)
  store.navigation.commit()
  store.source.model.computing.close()
  void store.userInput.importText('rain')
  await flush()
  store.navigation.undo()
  store.source.model.computing.open()
  await flush()
  expect(textOf(store)).toBe('one')
  expect(store.userInput.status).toEqual({ state: 'none' })
})

test('a link cancels the reading', async () => {
  const store = await reading()
  const { computing } = store.source.model
  store.follow('e=3')
  computing.next() // the sentence is read before the link is resolved
  await flush()
  computing.last()
  await flush()
  computing.last()
  await flush()
  computing.open()
  await flush()
  expect(textOf(store)).toBe('three')
})

test('a removed element cancels the reading', async () => {
  const store = await reading()
  const { model } = store.source
  store.suspend()
  store.resume()
  await flush()
  model.computing.open()
  await flush()
  expect(textOf(store)).toBe('one')
  expect(store.userInput.status).toEqual({ state: 'none' })
})

test('another bundle cancels the reading', async () => {
  const store = await reading()
  const { model } = store.source
  await store.start('', 'second')
  model.computing.open()
  await flush()
  expect(textOf(store)).toBe('one')
  expect(store.userInput.status).toEqual({ state: 'none' })
})

test('a sentence that is read while the set of axes changes is loaded on the new set', async () => {
  const store = await reading()
  void store.axesSelection.select(1)
  await flush()
  store.source.model.computing.open()
  await flush()
  expect(store.navigation.position?.set).toBe(1)
  expect(textOf(store)).toBe('rain')
  expect(store.sliders).toEqual([4, 4])
})

test('a refused sentence changes nothing but the status, until an example is loaded', async () => {
  const store = await new TestStore().start()
  await store.userInput.importText('qwertz')
  expect(store.userInput.status).toEqual({
    state: 'refused',
    reason: expect.stringContaining('qwertz'),
  })
  expect(textOf(store)).toBe('one')
  const example = store.session.state.examples[1]
  if (example) await store.navigation.load(example)
  expect(store.userInput.status).toEqual({ state: 'none' })
})

test('a sentence that comes before the model is refused', async () => {
  const store = new TestStore()
  store.source.opening.close()
  await store.start()
  await store.userInput.importText('rain')
  expect(store.userInput.status).toEqual({
    state: 'refused',
    reason: expect.stringContaining('still loading'),
  })
})

test('a sentence is read again on WebAssembly if another backend fails', async () => {
  const store = await new TestStore().start('', 'sentences', 'webgl')
  store.source.model.computing.close()
  void store.userInput.importText('rain')
  await flush()
  store.source.model.computing.next(new BackendError('webgl', 'lost its context'))
  await flush()
  expect(store.source.backends).toEqual(['webgl', 'wasm'])
  expect(textOf(store)).toBe('rain')
})

test('a drawing becomes the example', async () => {
  const store = new TestStore()
  store.source.kind = 'image'
  await store.start()
  const size = { height: 1, width: 1, channels: 1 } as const
  await store.userInput.importDrawing({
    kind: 'image',
    size,
    pixels: Float32Array.of(1),
  } as Picture)
  expect(textOf(store)).toBe('your drawing')
  expect(store.sliders).toEqual([0.5, 0.25])
})

test('a sentence is read again if a decode makes the backend fail', async () => {
  const store = await new TestStore().start('', 'sentences', 'webgl')
  const { computing, decoding } = store.source.model
  decoding.close()
  store.move(2)
  await flush()
  computing.close()
  void store.userInput.importText('rain')
  await flush()
  decoding.next(new BackendError('webgl', 'lost its context'))
  await flush()
  expect(store.source.backends).toEqual(['webgl', 'wasm'])
  expect(textOf(store)).toBe('rain')
  expect(store.userInput.status).toEqual({ state: 'none' })
})
