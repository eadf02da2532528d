// Decodes the middle of latent space once, by the model that index.html names.
import * as ort from '../rival/ort.wasm.bundle.min.mjs' // what onnxruntime-web/wasm stands for

self.onmessage = async ({ data: { model, sliders, residual } }) => {
  ort.env.wasm.numThreads = 1
  const session = await ort.InferenceSession.create(new URL(model, import.meta.url).href, { executionProviders: ['wasm'] })
  const zeros = (width) => new ort.Tensor('float32', new Float32Array(width), [1, width])
  await session.run({ sliders: zeros(sliders), residual: zeros(residual) })
  self.postMessage('decoded')
}
