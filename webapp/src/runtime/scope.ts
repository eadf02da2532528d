import { engine } from '@tensorflow/tfjs-core'

/** Compute, and free every tensor made meanwhile. Unlike `tidy`, it does not search the result for tensors. */
export function scoped<T>(compute: () => T): T {
  engine().startScope()
  try {
    return compute()
  } finally {
    engine().endScope()
  }
}
