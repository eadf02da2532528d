/** Where decoding can run, as a reader knows it. WebAssembly on one thread is everywhere, the others can be missing, or be taken away. */
export const BACKENDS = {
  wasm: 'WebAssembly',
  threads: 'WebAssembly with threads',
  webgl: 'WebGL',
  webgpu: 'WebGPU',
} as const

export type BackendName = keyof typeof BACKENDS

/** What a reader, or a page, may ask for. */
export type BackendChoice = 'automatic' | BackendName

/** What there is to choose from here, and what is chosen. */
export interface BackendChoices {
  readonly options: readonly BackendName[]
  readonly choice: BackendChoice
  readonly choose: (choice: BackendChoice) => void
}

export const isBackend = (name: string): name is BackendName => Object.hasOwn(BACKENDS, name)
