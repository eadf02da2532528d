import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { EXAMPLES } from '../../test/fake-source.ts'
import { addressOf, flush, TestStore } from '../../test/store.ts'
import { BackendError, ZlideError } from '../errors.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const backendError = () => new BackendError('webgl', 'lost its context')
const bundleOf = (store: TestStore) => store.session.state.manifest?.name

test('decodes the first example once the model is loaded', async () => {
  const store = new TestStore()
  store.source.opening.close()
  await store.start()
  expect(store.sliders).toEqual(EXAMPLES[0]?.sliders)
  expect(store.shown).toBeUndefined()
  store.source.opening.open()
  await flush()
  expect(store.shown).toBe('1,0')
})

test('a bundle that is set while the manifest of another is fetched replaces it', async () => {
  const store = new TestStore()
  store.source.manifests.close()
  await store.start('', 'first')
  await store.start('', 'second')
  store.source.manifests.last()
  await flush()
  store.source.manifests.open()
  await flush()
  expect(bundleOf(store)).toBe('/second/')
  expect(store.source.models).toHaveLength(1)
})

test('a bundle that is set while the examples of another are fetched replaces it', async () => {
  const store = new TestStore()
  store.source.examples.close()
  await store.start('', 'first')
  await store.start('', 'second')
  store.source.examples.last()
  await flush()
  const { examples } = store.session.state
  store.source.examples.open()
  await flush()
  expect(bundleOf(store)).toBe('/second/')
  expect(store.session.state.examples).toBe(examples)
  expect(store.session.state.examples).toHaveLength(EXAMPLES.length)
  expect(store.navigation.state.history?.steps).toHaveLength(1)
  const [first, second] = store.source.models
  expect([first?.closed, second?.closed]).toEqual([true, false])
})

test('a bundle that is set while the model of another is loaded replaces it', async () => {
  const store = new TestStore()
  store.source.opening.close()
  await store.start('', 'first')
  await store.start('', 'second')
  store.source.opening.last()
  await flush()
  const current = store.source.model
  store.source.opening.open()
  await flush()
  expect(store.session.state.model).toBe(current)
  expect(store.source.model.closed).toBe(true)
  expect(current.closed).toBe(false)
})

test('a new bundle begins with its own view, history and remarks', async () => {
  const store = await new TestStore().start('e=99', 'first')
  store.move(2)
  store.navigation.commit()
  expect(store.remark.text).toContain('e=99')
  await store.start('', 'second')
  expect(store.sliders).toEqual(EXAMPLES[0]?.sliders)
  expect(store.navigation.canUndo).toBe(false)
  expect(store.remark.text).toBeNull()
})

test('a sample of the last bundle that arrives late is not shown', async () => {
  const store = await new TestStore().start('', 'first')
  const { model } = store.source
  model.decoding.close()
  store.move(2)
  await flush()
  await store.start('', 'second')
  model.decoding.open()
  await flush()
  expect(store.shown).toBe('1,0')
})

test('an element that is removed while it loads closes the late model', async () => {
  const store = new TestStore()
  store.source.opening.close()
  await store.start()
  store.suspend()
  store.source.opening.open()
  await flush()
  expect(store.source.model.closed).toBe(true)
  expect(store.session.state.model).toBeNull()
  expect(store.shown).toBeUndefined()
})

test('an element that is moved in the document opens one model, at the same position', async () => {
  const store = await new TestStore().start()
  store.move(2)
  await flush()
  store.suspend()
  store.resume()
  await flush()
  expect(store.source.models.map(({ closed }) => closed)).toEqual([true, false])
  expect(store.shown).toBe('2,0')
  expect(store.source.examplesFetched).toBe(1)
})

test('an element that is removed and reinserted while it loads uses the last model', async () => {
  const store = new TestStore()
  store.source.opening.close()
  await store.start()
  store.suspend()
  store.resume()
  await flush()
  store.source.opening.open()
  await flush()
  expect(store.source.models.map(({ closed }) => closed)).toEqual([true, false])
  expect(store.shown).toBe('1,0')
})

test('reports the download of the newest opening only', async () => {
  const store = new TestStore()
  store.source.opening.close()
  await store.start('', 'first')
  await store.start('', 'second')
  const [first, second] = store.source.onProgress
  second?.({ received: 2, total: 10 })
  first?.({ received: 9, total: 10 })
  expect(store.session.state.progress).toEqual({ received: 2, total: 10 })
})

test('shows the error of a missing address, and opens nothing', async () => {
  const store = new TestStore()
  const error = new ZlideError('<zlide-explorer>', 'expected the attribute bundle, found none')
  store.open(() => {
    throw error
  }, '')
  await flush()
  expect(store.session.state.error).toBe(error)
  expect(store.source.backends).toHaveLength(0)
})

test('a retry after the manifest failed opens the bundle', async () => {
  const store = new TestStore()
  store.source.manifests.close()
  await store.start()
  store.source.manifests.next(new Error('offline'))
  await flush()
  expect(store.session.state.error).toEqual(new Error('offline'))
  store.source.manifests.open()
  store.resume()
  await flush()
  expect(store.session.state.error).toBeNull()
  expect(store.shown).toBe('1,0')
})

test('a retry after the examples failed closes the first model and fetches them again', async () => {
  const store = new TestStore()
  store.source.examples.close()
  await store.start()
  store.source.examples.next(new Error('offline'))
  await flush()
  expect(store.session.state.error).toEqual(new Error('offline'))
  expect(store.source.model.closed).toBe(true)
  store.source.examples.open()
  store.resume()
  await flush()
  expect(store.source.examplesFetched).toBe(2)
  expect(store.shown).toBe('1,0')
})

test('a failure of another bundle that arrives late is not shown', async () => {
  const store = new TestStore()
  store.source.manifests.close()
  await store.start('', 'first')
  await store.start('', 'second')
  store.source.manifests.next(new Error('offline'))
  store.source.manifests.open()
  await flush()
  expect(store.session.state.error).toBeNull()
  expect(bundleOf(store)).toBe('/second/')
})

test('WebAssembly replaces a backend that does not start', async () => {
  const store = new TestStore()
  store.source.opening.close()
  await store.start('', 'sentences', 'webgl')
  store.source.opening.next(backendError())
  await flush()
  store.source.opening.open()
  await flush()
  expect(store.source.backends).toEqual(['webgl', 'wasm'])
  expect(store.session.state.failedBackend).toBe('webgl')
  expect(store.shown).toBe('1,0')
})

test('WebAssembly replaces a backend that fails later, at the newest position', async () => {
  const store = await new TestStore().start('', 'sentences', 'webgl')
  store.source.model.decoding.close()
  store.move(2)
  await flush()
  store.move(3)
  store.source.model.decoding.next(backendError())
  await flush()
  expect(store.source.backends).toEqual(['webgl', 'wasm'])
  expect(store.session.state.error).toBeNull()
  expect(store.shown).toBe('3,0')
})

test('shows the error of a model on WebAssembly', async () => {
  const store = await new TestStore().start()
  store.source.model.decoding.close()
  store.move(2)
  await flush()
  const error = new ZlideError('the decoder', 'its worker stopped')
  store.source.model.decoding.next(error)
  await flush()
  expect(store.session.state.error).toBe(error)
  expect(store.source.model.closed).toBe(true)
})

test('decodes the position before the previews', async () => {
  const store = await new TestStore().start()
  store.previews.show(['traversal'])
  await flush()
  const { model } = store.source
  model.decoding.close()
  store.move(2)
  await flush()
  store.previews.hover(1)
  store.move(3)
  model.requests.length = 0
  model.decoding.open()
  await flush()
  expect(model.requests[0]?.sliders).toEqual([[3, 0]])
  expect(model.requests[1]?.sliders).toHaveLength(7)
})

test('asks for the fastest backend once, after the first decode of a picture', async () => {
  const store = new TestStore()
  store.source.kind = 'image'
  await store.start()
  store.move(2)
  await flush()
  expect(store.source.selections).toHaveLength(1)
  const choices = { options: ['wasm', 'webgl'], choice: 'automatic', choose: () => {} } as const
  store.source.selections[0]?.onChoices(choices)
  expect(store.session.state.choices).toBe(choices)
  store.source.model.requests.length = 0
  store.source.selections[0]?.onSwitch()
  await flush()
  expect(store.source.model.requests).toHaveLength(1)
})

test('forgets a selected backend that fails', async () => {
  const store = new TestStore()
  store.source.kind = 'image'
  await store.start()
  store.source.model.backend = 'webgl' // as after a switch
  store.source.model.decoding.close()
  store.move(2)
  await flush()
  store.source.model.decoding.next(backendError())
  await flush()
  expect(store.source.selections[0]?.isForgotten).toBe(true)
  expect(store.session.state.failedBackend).toBe('webgl')
  expect(store.source.selections).toHaveLength(1)
})

test.each(['text', 'image'] as const)(
  'keeps the backend that the page chose for %s',
  async (kind) => {
    const store = new TestStore()
    store.source.kind = kind
    await store.start('', 'sentences', 'wasm')
    expect(store.source.selections).toHaveLength(0)
  },
)

test('sentences stay on WebAssembly', async () => {
  const store = await new TestStore().start()
  expect(store.source.selections).toHaveLength(0)
})

test('ask gives nothing of a model that was replaced', async () => {
  const store = await new TestStore().start()
  store.source.model.computing.close()
  const answer = store.session.ask((model) => model.toZ(0, [[1, 1]], [[0, 0]]))
  const { model } = store.source
  await store.session.reopen()
  model.computing.open()
  expect(await answer).toBeNull()
  expect(await store.session.ask((model) => model.toZ(0, [[1, 1]], [[0, 0]]))).toEqual([[1, 1]])
})

test('reads the address again at each opening', async () => {
  const store = new TestStore()
  let bundle = 'first'
  store.open(() => addressOf(bundle), '')
  await flush()
  bundle = 'second'
  store.resume()
  await flush()
  expect(store.session.base.pathname).toBe('/second/')
})

test('asks for the fastest backend again if its code could not be fetched', async () => {
  const store = new TestStore()
  store.source.kind = 'image'
  store.source.failsSelection = true
  await store.start()
  expect(store.source.selections).toHaveLength(0)
  store.source.failsSelection = false
  store.move(2)
  await flush()
  expect(store.source.selections).toHaveLength(1)
})

test('a link made before the examples arrive is of the model that is shown', async () => {
  const version = (store: TestStore) => new URLSearchParams(store.encodedView).get('v')
  const store = new TestStore()
  store.source.examples.close()
  await store.start('', 'first')
  store.move(2)
  const first = version(store)
  store.source.sha256 = 'other'
  await store.start('', 'second')
  store.move(2)
  expect(version(store)).not.toBe(first)
})
