/** Steps that can be undone and done again. */
export interface History<T> {
  readonly steps: readonly T[]
  readonly at: number // the step that is the present
}

/** Steps that are kept at most. */
const MOST = 200

export const begin = <T>(first: T): History<T> => ({ steps: [first], at: 0 })

export const present = <T>({ steps, at }: History<T>): T => steps[at] as T

/** After the present, in the place of what was undone. */
export function step<T>(history: History<T>, next: T): History<T> {
  if (next === present(history)) return history
  const steps = [...history.steps.slice(0, history.at + 1), next].slice(-MOST)
  return { steps, at: steps.length - 1 }
}

export const canUndo = ({ at }: History<unknown>): boolean => at > 0
export const canRedo = ({ steps, at }: History<unknown>): boolean => at < steps.length - 1

export const undo = <T>(history: History<T>): History<T> =>
  canUndo(history) ? { ...history, at: history.at - 1 } : history
export const redo = <T>(history: History<T>): History<T> =>
  canRedo(history) ? { ...history, at: history.at + 1 } : history
