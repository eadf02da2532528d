import { expect, test } from 'vitest'
import { LatestQueue } from './latest-queue.ts'

/** Turns over calls that the test answers by hand. */
function setUp() {
  const calls: {
    input: string
    resolve: (output: string) => void
    reject: (error: unknown) => void
  }[] = []
  const shown: string[] = []
  const failed: unknown[] = []
  const turns = new LatestQueue(['position', 'strip'])
  const go = (lane: 'position' | 'strip', input: string) =>
    turns.enqueue(
      lane,
      () => new Promise<string>((resolve, reject) => calls.push({ input, resolve, reject })),
      (output) => shown.push(output),
      (error) => failed.push(error),
    )
  return { go, turns, calls, shown, failed, asked: () => calls.map(({ input }) => input) }
}
const settled = () => new Promise((resolve) => setTimeout(resolve))

test('keeps one call in flight, and of those that wait only the newest', async () => {
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

test('lets what is worth less wait for what is worth more, across lanes one call in flight', async () => {
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

test('forgets what waits in a lane', async () => {
  const { go, turns, calls, asked } = setUp()
  go('position', '1')
  go('strip', 'around 1')
  turns.cancel('strip')
  calls[0]?.resolve('')
  await settled()
  expect(asked()).toEqual(['1'])
})

test('reports an error, and goes on', async () => {
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
