import { afterEach, expect, test, vi } from 'vitest'
import { LatestQueue } from './latest-queue.ts'

afterEach(() => void vi.unstubAllGlobals())

/** Return a queue whose calls the test resolves. */
function setUp() {
  const calls: {
    input: string
    resolve: (output: string) => void
    reject: (error: unknown) => void
  }[] = []
  const shown: string[] = []
  const failed: unknown[] = []
  const queue = new LatestQueue(['position', 'strip'])
  const go = (lane: 'position' | 'strip', input: string) =>
    queue.enqueue(
      lane,
      () => new Promise<string>((resolve, reject) => calls.push({ input, resolve, reject })),
      (output) => shown.push(output),
      (error) => failed.push(error),
    )
  return { go, queue, calls, shown, failed, asked: () => calls.map(({ input }) => input) }
}
const settled = () => new Promise((resolve) => setTimeout(resolve))

test('runs one call at a time and keeps only the newest waiting', async () => {
  const { go, calls, shown, asked } = setUp()
  for (const input of ['1', '2', '3', '4']) go('position', input)
  expect(asked()).toEqual(['1'])
  calls[0]?.resolve('one')
  await settled()
  expect(asked()).toEqual(['1', '4'])
  calls[1]?.resolve('four')
  await settled()
  expect(shown).toEqual(['one', 'four'])
  expect(calls).toHaveLength(2)
})

test('runs earlier lanes first, one call at a time across all lanes', async () => {
  const { go, calls, asked } = setUp()
  go('strip', 'around 1')
  go('strip', 'around 2')
  go('position', '3')
  expect(asked()).toEqual(['around 1'])
  calls[0]?.resolve('')
  await settled()
  expect(asked()).toEqual(['around 1', '3'])
  go('position', '4')
  calls[1]?.resolve('')
  await settled()
  calls[2]?.resolve('')
  await settled()
  expect(asked()).toEqual(['around 1', '3', '4', 'around 2'])
})

test('drops the waiting call of a cancelled lane', async () => {
  const { go, queue, calls, asked } = setUp()
  go('position', '1')
  go('strip', 'around 1')
  queue.cancel('strip')
  calls[0]?.resolve('')
  await settled()
  expect(asked()).toEqual(['1'])
})

test('reports an error and continues', async () => {
  const { go, calls, shown, failed, asked } = setUp()
  go('position', '1')
  go('position', '2')
  calls[0]?.reject('broken')
  await settled()
  calls[1]?.resolve('two')
  await settled()
  go('position', '3')
  expect(failed).toEqual(['broken'])
  expect(shown).toEqual(['two'])
  expect(asked()).toEqual(['1', '2', '3'])
})

test('an error of what shows a result is thrown on, and the queue goes on', async () => {
  const thrown: (() => void)[] = []
  vi.stubGlobal('queueMicrotask', (task: () => void) => thrown.push(task))
  const { go, queue, failed, asked } = setUp()
  queue.enqueue(
    'position',
    async () => 'one',
    () => {
      throw new Error('a bug of the page')
    },
    (error) => failed.push(error),
  )
  go('position', '2')
  await settled()
  expect(asked()).toEqual(['2'])
  expect(failed).toEqual([])
  expect(thrown[0]).toThrow('a bug of the page')
})
