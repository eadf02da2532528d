import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { flush, TestStore } from '../../test/store.ts'
import { BackendError } from '../errors.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const textOf = (store: TestStore) => store.navigation.position?.example.text

/** A store whose model is still loading. */
async function loading(link: string): Promise<TestStore> {
  const store = new TestStore()
  store.source.opening.close()
  return store.start(link)
}

test('a link to an example and sliders is shown before the decoder is loaded', async () => {
  const store = await loading('e=2&z=0.5')
  expect(textOf(store)).toBe('two')
  expect(store.sliders).toEqual([0.5, 2])
  store.source.opening.open()
  await flush()
  expect(store.source.model.requests.map(({ sliders }) => sliders)).toEqual([[[0.5, 2]]])
})

test('a link to another set of axes waits for the decoder, and is decoded once', async () => {
  const store = await loading('a=raw&z=0.5')
  expect(store.navigation.position?.set).toBe(0)
  store.source.opening.open()
  await flush()
  expect(store.navigation.position?.set).toBe(1)
  expect(store.sliders).toEqual([0.5, 0])
  expect(store.source.model.requests).toHaveLength(1)
})

test('a move drops a link that waits for the decoder', async () => {
  const store = await loading('a=raw&z=0.5')
  store.move(2)
  store.source.opening.open()
  await flush()
  expect(store.navigation.position?.set).toBe(0)
  expect(store.shown).toBe('2,0')
})

test('a move drops a link that is being resolved', async () => {
  const store = await new TestStore().start()
  store.source.model.computing.close()
  store.follow('a=raw&z=0.5')
  await flush()
  store.move(2)
  store.source.model.computing.open()
  await flush()
  expect(store.navigation.position?.set).toBe(0)
  expect(store.shown).toBe('2,0')
})

test('a link that came with the bundle is the first step; a later one is a step of its own', async () => {
  const store = await new TestStore().start('e=2')
  expect(store.navigation.canUndo).toBe(false)
  store.follow('e=3')
  await flush()
  expect(textOf(store)).toBe('three')
  store.navigation.undo()
  expect(textOf(store)).toBe('two')
})

test('a link is a step of its own if a step replaced the one that came with the bundle', async () => {
  const store = await loading('a=raw')
  store.move(2)
  store.navigation.commit()
  store.source.opening.open()
  await flush()
  store.follow('e=2')
  await flush()
  expect(textOf(store)).toBe('two')
  store.navigation.undo()
  expect(store.sliders).toEqual([2, 0])
})

test('the last of two links is shown, although the first takes longer', async () => {
  const store = await new TestStore().start()
  store.source.model.computing.close()
  store.follow('a=raw&e=2')
  await flush()
  store.follow('e=3')
  await flush()
  store.source.model.computing.last()
  await flush()
  expect(textOf(store)).toBe('three')
  store.source.model.computing.open()
  await flush()
  expect(textOf(store)).toBe('three')
  expect(store.navigation.position?.set).toBe(0)
})

test('a link that changes while the bundle is fetched is the one that is shown', async () => {
  const store = new TestStore()
  store.source.examples.close()
  await store.start('e=2')
  store.follow('e=3')
  store.source.examples.open()
  await flush()
  expect(textOf(store)).toBe('three')
})

test('a damaged link leaves the view and says so; the next good one clears the remark', async () => {
  const store = await new TestStore().start('e=99')
  expect(textOf(store)).toBe('one')
  expect(store.remark.text).toContain('e=99')
  expect(store.shown).toBe('1,0')
  store.follow('e=2')
  await flush()
  expect(store.remark.text).toBeNull()
})

test('a link from another version of the model is shown with a remark', async () => {
  const store = await new TestStore().start('e=2&v=00000000')
  expect(textOf(store)).toBe('two')
  expect(store.remark.text).toContain('another version')
})

test('a link to an earlier step restores that step, the reader’s own input included', async () => {
  const store = await new TestStore().start()
  await store.userInput.importText('rain')
  const { encodedView } = store
  const own = store.navigation.position?.example
  store.move(1)
  store.navigation.commit()
  store.follow(encodedView)
  await flush()
  expect(store.navigation.position?.example).toBe(own)
  expect(store.sliders).toEqual([2, 2])
  store.navigation.undo()
  expect(store.sliders).toEqual([1, 2])
})

test('a typed sentence in a link is encoded', async () => {
  const store = await loading('o=rain+and+sun')
  expect(textOf(store)).toBe('one')
  store.source.opening.open()
  await flush()
  expect(textOf(store)).toBe('rain and sun')
  expect(store.sliders).toEqual([2, 3])
})

test('a typed sentence that the model cannot read leaves a remark and the view', async () => {
  const store = await new TestStore().start('o=qwertz')
  expect(textOf(store)).toBe('one')
  expect(store.remark.text).toContain('qwertz')
  expect(store.shown).toBe('1,0')
})

test('an element that is removed while a link is resolved shows it when reinserted', async () => {
  const store = await new TestStore().start()
  store.source.model.computing.close()
  store.follow('a=raw&e=2')
  await flush()
  store.suspend()
  store.resume()
  await flush()
  expect(textOf(store)).toBe('two')
  expect(store.navigation.position?.set).toBe(1)
})

test('a link that was shown is not shown again when the element is reinserted', async () => {
  const store = await new TestStore().start()
  store.follow('e=2')
  await flush()
  const steps = store.navigation.state.history?.steps.length
  store.suspend()
  store.resume()
  await flush()
  expect(store.navigation.state.history?.steps).toHaveLength(steps ?? 0)
})

test('an input of the reader drops a link that is being resolved', async () => {
  const store = await new TestStore().start()
  store.source.model.computing.close()
  store.follow('a=raw&e=2')
  await flush()
  void store.userInput.importText('rain')
  await flush()
  store.source.model.computing.last()
  await flush()
  store.source.model.computing.open()
  await flush()
  expect(textOf(store)).toBe('rain')
  expect(store.navigation.position?.set).toBe(0)
})

test('undo drops a link that is being resolved', async () => {
  const store = await new TestStore().start()
  store.move(2)
  store.navigation.commit()
  store.source.model.computing.close()
  store.follow('a=raw&e=2')
  await flush()
  store.navigation.undo()
  store.source.model.computing.open()
  await flush()
  expect(textOf(store)).toBe('one')
  expect(store.navigation.position?.set).toBe(0)
})

test('a link of the last bundle does not reach the next one', async () => {
  const store = await loading('a=raw&e=2')
  await store.start('', 'second')
  store.source.opening.open()
  await flush()
  expect(textOf(store)).toBe('one')
  expect(store.navigation.position?.set).toBe(0)
})

/** A store that is resolving a link which arrived with the model. */
async function resolving(): Promise<TestStore> {
  const store = await loading('a=raw&e=2')
  store.source.closesComputing = true
  store.source.opening.open()
  await flush()
  return store
}

test('the view is decoded if the link that the model waited for is dropped', async () => {
  const store = await resolving()
  expect(store.shown).toBeUndefined()
  void store.userInput.importText('qwertz')
  await flush()
  expect(store.shown).toBe('1,0')
})

test('the view is decoded if the link that the model waited for is taken back', async () => {
  const store = await resolving()
  store.follow('')
  await flush()
  expect(store.shown).toBe('1,0')
})

test('a link is resolved again if its backend fails', async () => {
  const store = await new TestStore().start('', 'sentences', 'webgl')
  store.source.model.computing.close()
  store.follow('a=raw&e=2')
  await flush()
  store.source.model.computing.next(new BackendError('webgl', 'lost its context'))
  await flush()
  expect(store.source.backends).toEqual(['webgl', 'wasm'])
  expect(textOf(store)).toBe('two')
  expect(store.remark.text).toBeNull()
})

test('a link is resolved again if a decode makes its backend fail', async () => {
  const store = await new TestStore().start('', 'sentences', 'webgl')
  const { computing, decoding } = store.source.model
  decoding.close()
  store.move(2)
  await flush()
  computing.close()
  store.follow('a=raw&e=2')
  await flush()
  decoding.next(new BackendError('webgl', 'lost its context'))
  await flush()
  expect(textOf(store)).toBe('two')
  expect(store.navigation.position?.set).toBe(1)
})

test('the last of an example and a link is shown, in both orders', async () => {
  for (const isLinkFirst of [true, false]) {
    const store = await new TestStore().start()
    await store.axesSelection.select(1)
    store.coordinates.clear()
    store.source.model.computing.close()
    const load = () => {
      const example = store.session.state.examples[1]
      if (example) void store.navigation.load(example)
    }
    if (isLinkFirst) store.follow('a=raw&e=3')
    else load()
    await flush()
    if (isLinkFirst) load()
    else store.follow('a=raw&e=3')
    await flush()
    store.source.model.computing.open()
    await flush()
    expect(textOf(store)).toBe(isLinkFirst ? 'two' : 'three')
  }
})

test('a choice of A drops a link that is being resolved', async () => {
  const store = await new TestStore().start()
  store.source.model.computing.close()
  store.follow('a=raw&e=2')
  await flush()
  store.navigation.selectEnd('a', 2)
  store.source.model.computing.open()
  await flush()
  expect(store.navigation.state.view?.interpolation.a?.example).toBe(2)
  expect(store.navigation.position?.set).toBe(0)
})

test('moves before a damaged link still become a step', async () => {
  const store = await new TestStore().start()
  store.move(2)
  store.navigation.commitSoon()
  store.follow('z=bad')
  await vi.advanceTimersByTimeAsync(400)
  expect(store.steps.map(({ sliders }) => sliders)).toEqual([[2, 0]])
})

test('a refused link is not tried again when the element is reinserted', async () => {
  const store = await new TestStore().start()
  store.follow('o=qwertz')
  await flush()
  expect(store.remark.text).toContain('qwertz')
  store.remark.set(null)
  store.suspend()
  store.resume()
  await flush()
  expect(store.remark.text).toBeNull()
})

test('a link is a step of its own if the bundle was opened with the view that was shown', async () => {
  const other = await new TestStore().start()
  other.move(2)
  const store = new TestStore()
  store.source.examples.close()
  await store.start(other.encodedView)
  store.move(2)
  store.source.examples.open()
  await flush()
  store.follow('e=2')
  await flush()
  store.navigation.undo()
  expect(store.sliders).toEqual([2, 0])
})
