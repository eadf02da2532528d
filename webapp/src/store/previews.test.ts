import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { flush, TestStore } from '../../test/store.ts'
import type { Sentence } from '../modalities/text/sentence.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const wordsOf = (samples: TestStore['previews']['state']['traversal']) =>
  samples?.map((sample) => (sample as Sentence).words[0])

async function showing(...previews: Parameters<TestStore['previews']['show']>[0]) {
  const store = await new TestStore().start()
  store.previews.show(previews)
  await flush()
  return store
}

test('decodes the traversal of the axis that is pointed at', async () => {
  const store = await showing('traversal')
  expect(wordsOf(store.previews.state.traversal)?.[0]).toBe('-3,0')
  store.previews.hover(1)
  expect(store.previews.state.traversal).toBeNull()
  await flush()
  expect(wordsOf(store.previews.state.traversal)?.[0]).toBe('1,-3')
})

test('a traversal of the axis before that arrives late is not shown', async () => {
  const store = await showing('traversal')
  store.source.model.decoding.close()
  store.move(2)
  await flush()
  store.source.model.decoding.next()
  await flush()
  store.previews.hover(1)
  store.source.model.decoding.next()
  await flush()
  expect(store.previews.state.traversal).toBeNull()
  store.source.model.decoding.open()
  await flush()
  expect(wordsOf(store.previews.state.traversal)?.[0]).toBe('2,-3')
})

test('a traversal of the set before that arrives late is not shown', async () => {
  const store = await showing('traversal')
  const before = store.previews.state.traversal
  store.source.model.decoding.close()
  store.move(2)
  await flush()
  store.source.model.decoding.next()
  await flush()
  await store.axesSelection.select(1)
  store.source.model.decoding.next()
  await flush()
  expect(store.previews.state.traversal).toBe(before)
  store.source.model.decoding.open()
  await flush()
  expect(wordsOf(store.previews.state.traversal)?.[0]).toBe('-3,0')
})

test('decodes no preview that the page hides', async () => {
  const store = await showing()
  store.source.model.requests.length = 0
  store.move(2)
  await flush()
  expect(store.source.model.requests).toHaveLength(1)
  expect(store.source.pointsFetched).toEqual([])
})

test('previews are decoded greedily and without confidence, or with the mode of the view', async () => {
  const store = await showing('traversal')
  expect(store.source.model.requests.at(-1)?.mode).toBeUndefined()
  const mode = { kind: 'drawn', temperature: 1, top: null, seed: 1 } as const
  store.navigation.change((view) => ({ ...view, decoding: mode }))
  await flush()
  expect(store.source.model.requests.map(({ mode }) => mode).slice(-2)).toEqual([mode, mode])
})

test('fetches the points of a set once, and drops those of the set before', async () => {
  const store = await showing()
  store.source.points.close()
  store.previews.show(['map'])
  await flush()
  await store.axesSelection.select(1)
  await flush()
  store.source.points.last()
  await flush()
  store.source.points.open()
  await flush()
  expect([...(store.previews.state.points ?? [])]).toEqual([1])
  store.move(2)
  await flush()
  expect(store.source.pointsFetched).toEqual([0, 1])
})

test('says so if points cannot be fetched, and decodes on', async () => {
  const store = await showing()
  store.source.points.close()
  store.previews.show(['map'])
  await flush()
  store.source.points.next(new Error('points.bin: cannot be fetched'))
  await flush()
  expect(store.remark.text).toContain('points.bin')
  store.move(2)
  await flush()
  expect(store.shown).toBe('2,0')
})

test('the examples on the map are the same array until they change', async () => {
  const store = await showing('map')
  const { landmarks } = store.previews
  store.move(2)
  expect(store.previews.landmarks).toBe(landmarks)
  await store.axesSelection.select(1)
  expect(store.previews.landmarks).not.toBe(landmarks)
})

test('fetches the points again if the bundle was opened again before they arrived', async () => {
  const store = await showing()
  store.source.points.close()
  store.previews.show(['map'])
  await flush()
  store.suspend()
  store.resume()
  await flush()
  store.source.points.open()
  await flush()
  expect([...(store.previews.state.points ?? [])]).toEqual([0])
})

test('forgets that points could not be fetched once others arrive', async () => {
  const store = await showing()
  store.source.points.close()
  store.previews.show(['map'])
  await flush()
  store.source.points.next(new Error('points.bin: cannot be fetched'))
  await flush()
  store.source.points.open()
  await store.axesSelection.select(1)
  await flush()
  expect(store.remark.text).toBeNull()
})

test('a remark about a link stays when points arrive', async () => {
  const store = await showing()
  store.source.points.close()
  store.previews.show(['map'])
  await flush()
  store.source.points.next(new Error('points.bin: cannot be fetched'))
  await flush()
  store.follow('e=99')
  store.source.points.open()
  await store.axesSelection.select(1)
  await flush()
  expect(store.remark.text).toContain('e=99')
})
