// A third kind of output: `ZLIDE_KINDS=tests/curve/kinds.ts npm run build` adds it to the page.

import { contract } from './contract.ts'

export const contracts = { curve: contract }

export const modalities = {
  curve: async () => (await import('./modality.ts')).createCurve,
}

export const workerModalities = {
  curve: async () => (await import('./worker.ts')).curve,
}
