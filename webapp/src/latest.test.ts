import { expect, test } from 'vitest'
import { latest } from './latest.ts'

/** A `latest` over calls that the test answers by hand. */
function setUp() {
  const calls: { input: number; resolve: (output: string) => void; reject: (error: unknown) => void }[] = []
  const shown: [string, number][] = []
  const failed: unknown[] = []
  const go = latest(
    (input: number) => new Promise<string>((resolve, reject) => calls.push({ input, resolve, reject })),
    (output, input) => shown.push([output, input]),
    (error) => failed.push(error),
  )
  return { go, calls, shown, failed }
}
const settled = () => new Promise((resolve) => setTimeout(resolve))

test('runs nothing until it is asked', () => {
  expect(setUp().calls).toEqual([])
})

test('keeps one call in flight, and of those that wait only the newest', async () => {
  const { go, calls, shown } = setUp()
  for (const input of [1, 2, 3, 4]) go(input)
  expect(calls.map((call) => call.input)).toEqual([1])
  calls[0]?.resolve('one')
  await settled()
  expect(calls.map((call) => call.input)).toEqual([1, 4])
  calls[1]?.resolve('four')
  await settled()
  expect(shown).toEqual([
    ['one', 1],
    ['four', 4],
  ])
  expect(calls).toHaveLength(2)
})

test('reports an error, and goes on', async () => {
  const { go, calls, shown, failed } = setUp()
  go(1)
  go(2)
  calls[0]?.reject('broken')
  await settled()
  calls[1]?.resolve('two')
  await settled()
  go(3)
  expect(failed).toEqual(['broken'])
  expect(shown).toEqual([['two', 2]])
  expect(calls.map((call) => call.input)).toEqual([1, 2, 3])
})
