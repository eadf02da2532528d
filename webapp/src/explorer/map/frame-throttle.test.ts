import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { FrameThrottle } from './frame-throttle.ts'

const onMove = vi.fn()
const onSettle = vi.fn()
let throttle: FrameThrottle<number>

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('requestAnimationFrame', (call: FrameRequestCallback) => setTimeout(call, 16))
  vi.stubGlobal('cancelAnimationFrame', clearTimeout)
  throttle = new FrameThrottle(onMove, onSettle)
})

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
  vi.clearAllMocks()
})

test('reports the newest move once a frame', () => {
  for (let position = 1; position <= 20; position += 1) throttle.move(position)
  expect(throttle.pending).toBe(20)
  expect(onMove).not.toHaveBeenCalled()
  vi.advanceTimersByTime(100)
  expect(onMove.mock.calls).toEqual([[20]])
  expect(throttle.pending).toBeNull()
  throttle.move(21)
  vi.advanceTimersByTime(16)
  expect(onMove.mock.calls).toEqual([[20], [21]])
  expect(onSettle).not.toHaveBeenCalled()
})

test('settling reports the last move first, and nothing twice', () => {
  throttle.move(1)
  throttle.settle()
  expect(onMove.mock.calls).toEqual([[1]])
  expect(onSettle).toHaveBeenCalledOnce()
  throttle.settle()
  vi.advanceTimersByTime(1000)
  expect(onMove).toHaveBeenCalledOnce()
  expect(onSettle).toHaveBeenCalledOnce()
})

test('settling without a move reports nothing', () => {
  throttle.settle()
  throttle.settleAfterPause()
  vi.advanceTimersByTime(1000)
  expect(onSettle).not.toHaveBeenCalled()
})

test('moves by keys settle once, after a pause', () => {
  for (const position of [1, 2, 3]) {
    throttle.move(position)
    throttle.settleAfterPause()
    vi.advanceTimersByTime(400)
  }
  expect(onMove).toHaveBeenCalledTimes(3)
  expect(onSettle).not.toHaveBeenCalled()
  vi.advanceTimersByTime(100)
  expect(onSettle).toHaveBeenCalledOnce()
})

test('stop drops the pending move', () => {
  throttle.move(1)
  vi.advanceTimersByTime(16)
  throttle.move(2)
  throttle.settleAfterPause()
  throttle.stop()
  vi.advanceTimersByTime(1000)
  expect(onMove.mock.calls).toEqual([[1]])
  expect(onSettle).not.toHaveBeenCalled()
})
