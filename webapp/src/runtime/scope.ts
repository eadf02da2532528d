import { engine } from '@tensorflow/tfjs-core'

/** Compute, and free every tensor that came up. Unlike `tidy` it does not look for tensors in every pixel of what comes back. */
export function scoped<T>(compute: () => T): T {
  engine().startScope()
  try {
    return compute()
  } finally {
    engine().endScope()
  }
}
