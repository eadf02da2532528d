// The part of onnxruntime-web that the benchmark uses. tests/bench installs it.
declare module 'onnxruntime-web' {
  interface Tensor {
    readonly data: Float32Array | BigInt64Array
  }
  const Tensor: new (
    type: 'float32' | 'int64',
    data: Float32Array | BigInt64Array,
    dims: number[],
  ) => Tensor
  interface InferenceSession {
    run(feeds: Record<string, Tensor>): Promise<Record<string, Tensor>>
  }
  const InferenceSession: {
    create(
      model: string,
      options: { executionProviders: string[]; graphOptimizationLevel: string },
    ): Promise<InferenceSession>
  }
  const env: { wasm: { numThreads: number } }
}
