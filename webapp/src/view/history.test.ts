import { expect, test } from 'vitest'
import { begin, canRedo, canUndo, present, redo, step, undo } from './history.ts'

test('undoes and redoes steps in order', () => {
  const three = step(step(begin('a'), 'b'), 'c')
  expect(present(undo(three))).toBe('b')
  expect(present(undo(undo(three)))).toBe('a')
  expect(present(redo(undo(undo(three))))).toBe('b')
  expect([canUndo(three), canRedo(three)]).toEqual([true, false])
  expect(undo(begin('a'))).toEqual(begin('a'))
  expect(redo(three)).toBe(three)
})

test('a new step replaces the steps that were undone', () => {
  const branched = step(undo(step(step(begin('a'), 'b'), 'c')), 'd')
  expect(branched.steps).toEqual(['a', 'b', 'd'])
  expect(canRedo(branched)).toBe(false)
})

test('does not add a step equal to the current one', () => {
  const history = begin({ at: 1 })
  expect(step(history, present(history))).toBe(history)
})

test('keeps the last 200 steps', () => {
  let history = begin(0)
  for (let i = 1; i < 1000; i += 1) history = step(history, i)
  expect(present(history)).toBe(999)
  expect(history.steps.length).toBe(200)
})
