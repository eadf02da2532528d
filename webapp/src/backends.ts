/** The backends, by their names on the page. Only `wasm` runs in every browser. */
export const BACKENDS = {
  wasm: 'WebAssembly',
  threads: 'WebAssembly with threads',
  webgl: 'WebGL',
  webgpu: 'WebGPU',
} as const

export type BackendName = keyof typeof BACKENDS

/** A backend that a reader or a page may choose. */
export type BackendChoice = 'automatic' | BackendName

/** The backends that run here, and the one that is chosen. */
export interface BackendChoices {
  readonly options: readonly BackendName[]
  readonly choice: BackendChoice
  readonly choose: (choice: BackendChoice) => void
}

export const isBackend = (name: string): name is BackendName => Object.hasOwn(BACKENDS, name)
