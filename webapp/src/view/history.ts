/** Steps that can be undone and redone. */
export interface History<T> {
  readonly steps: readonly T[]
  readonly index: number // of the current step
}

const MAX_STEPS = 200

export const begin = <T>(first: T): History<T> => ({ steps: [first], index: 0 })

export const present = <T>({ steps, index }: History<T>): T => steps[index] as T

/** Add a step after the current one. It replaces the steps that were undone. */
export function step<T>(history: History<T>, next: T): History<T> {
  if (next === present(history)) return history
  const steps = [...history.steps.slice(0, history.index + 1), next].slice(-MAX_STEPS)
  return { steps, index: steps.length - 1 }
}

export const canUndo = ({ index }: History<unknown>): boolean => index > 0
export const canRedo = ({ steps, index }: History<unknown>): boolean => index < steps.length - 1

export const undo = <T>(history: History<T>): History<T> =>
  canUndo(history) ? { ...history, index: history.index - 1 } : history
export const redo = <T>(history: History<T>): History<T> =>
  canRedo(history) ? { ...history, index: history.index + 1 } : history
