// The part of LiteRT.js that the benchmark uses. tests/bench installs it.
declare module '@litertjs/core' {
  class Tensor {
    constructor(values: Float32Array, shape: number[])
    data(): Promise<Float32Array>
    delete(): void
  }
  interface CompiledModel {
    run(inputs: Tensor[]): Promise<Tensor[]>
  }
  function loadLiteRt(folder: string, options: { threads: boolean }): Promise<unknown>
  function loadAndCompile(
    model: string,
    options: { accelerator: 'wasm'; cpuOptions: { numThreads: number } },
  ): Promise<CompiledModel>
}
