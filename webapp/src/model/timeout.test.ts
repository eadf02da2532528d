import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { withTimeout } from './timeout.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const late = () => new Error('too late')
const after = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

test('returns the result of work that ends in time and leaves no timer', async () => {
  const result = withTimeout(100, late, () => after(90).then(() => 'done'))
  await vi.advanceTimersByTimeAsync(90)
  expect(await result).toBe('done')
  expect(vi.getTimerCount()).toBe(0)
})

test('rejects work that is not heard from', async () => {
  const result = withTimeout(100, late, () => new Promise(() => {}))
  const rejected = expect(result).rejects.toThrow('too late')
  await vi.advanceTimersByTimeAsync(100)
  await rejected
})

test('waits for long work that keeps being heard from', async () => {
  const result = withTimeout(100, late, async (heard) => {
    for (let i = 0; i < 5; i += 1) {
      await after(80)
      heard()
    }
    return 'done'
  })
  await vi.advanceTimersByTimeAsync(400)
  expect(await result).toBe('done')
})

test('passes on an error of the work', async () => {
  await expect(withTimeout(100, late, () => Promise.reject(new Error('broken')))).rejects.toThrow(
    'broken',
  )
  expect(vi.getTimerCount()).toBe(0)
})
