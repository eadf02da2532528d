import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Moves } from './frame-throttle.ts'

const moved = vi.fn()
const settled = vi.fn()
let moves: Moves<number>

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('requestAnimationFrame', (call: FrameRequestCallback) => setTimeout(call, 16))
  vi.stubGlobal('cancelAnimationFrame', clearTimeout)
  moves = new Moves(moved, settled)
})

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
  vi.clearAllMocks()
})

test('a frame tells the newest of its moves, once', () => {
  for (let place = 1; place <= 20; place += 1) moves.move(place)
  expect(moves.pending).toBe(20)
  expect(moved).not.toHaveBeenCalled()
  vi.advanceTimersByTime(100)
  expect(moved.mock.calls).toEqual([[20]])
  expect(moves.pending).toBeNull()
  moves.move(21)
  vi.advanceTimersByTime(16)
  expect(moved.mock.calls).toEqual([[20], [21]])
  expect(settled).not.toHaveBeenCalled()
})

test('what settles is told first, and neither is said twice', () => {
  moves.move(1)
  moves.settle()
  expect(moved.mock.calls).toEqual([[1]])
  expect(settled).toHaveBeenCalledOnce()
  moves.settle()
  vi.advanceTimersByTime(1000)
  expect(moved).toHaveBeenCalledOnce()
  expect(settled).toHaveBeenCalledOnce()
})

test('nothing settles where nothing moved', () => {
  moves.settle()
  moves.settleAfterPause()
  vi.advanceTimersByTime(1000)
  expect(settled).not.toHaveBeenCalled()
})

test('keys settle together, after the last of them', () => {
  for (const place of [1, 2, 3]) {
    moves.move(place)
    moves.settleAfterPause()
    vi.advanceTimersByTime(400)
  }
  expect(moved).toHaveBeenCalledTimes(3)
  expect(settled).not.toHaveBeenCalled()
  vi.advanceTimersByTime(100)
  expect(settled).toHaveBeenCalledOnce()
})

test('what was stopped is not told', () => {
  moves.move(1)
  vi.advanceTimersByTime(16)
  moves.move(2)
  moves.settleAfterPause()
  moves.stop()
  vi.advanceTimersByTime(1000)
  expect(moved.mock.calls).toEqual([[1]])
  expect(settled).not.toHaveBeenCalled()
})
