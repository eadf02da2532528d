// A third kind of output: `ZLIDE_KINDS=tests/curve/kinds.ts npm run build` adds it to the page.

import { spec } from './spec.ts'

export const specs = { curve: spec }

export const modalities = {
  curve: async () => (await import('./modality.ts')).createCurve,
}

export const workerModalities = {
  curve: async () => (await import('./worker.ts')).curve,
}
