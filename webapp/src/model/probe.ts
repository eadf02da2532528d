import { fetchFiles, filesOf, type Manifest } from '../bundle/index.ts'
import type { Parity } from '../modalities/index.ts'
import type { Sample } from '../sample.ts'

/** Positions, and the values of the samples that PyTorch decoded there. */
export interface Probe {
  sliders: number[][] // (N, K), in σ
  residual: number[][] // (N, Z)
  expected: number[][] // (N, …)
}

/** The element types of tensors in a probe. */
const ARRAYS = { F32: Float32Array, U8: Uint8Array }

/** Fetch the probe of a bundle; `tensor` has its samples. Throws a ZlideError if it is damaged. */
export async function fetchProbe(base: URL, manifest: Manifest, tensor: string): Promise<Probe> {
  const { probe } = manifest
  const file = (await fetchFiles(base, filesOf(manifest, probe))).get(probe)
  if (!file) return { sliders: [], residual: [], expected: [] }
  return {
    sliders: readRows(file, 'sliders'),
    residual: readRows(file, 'residual'),
    expected: readRows(file, tensor),
  }
}

/** Return whether samples equal those of the probe, up to the rounding of a backend. */
export const reproduces = (
  samples: readonly Sample[],
  { expected }: Probe,
  parity: Parity<Sample>,
): boolean =>
  expected.length > 0 &&
  samples.length === expected.length &&
  samples.every((sample, i) => parity.isEqual(sample, expected[i] as number[]))

/** Read the flat rows of a tensor in a safetensors file (https://huggingface.co/docs/safetensors). */
function readRows(file: Uint8Array, name: string): number[][] {
  const body = 8 + Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true))
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, body)))
  const { dtype, shape, data_offsets } = header[name] as {
    dtype: keyof typeof ARRAYS
    shape: [number, ...number[]]
    data_offsets: [number, number]
  }
  const [from, to] = data_offsets.map((offset) => body + offset)
  const values = new ARRAYS[dtype](file.slice(from, to).buffer)
  const width = values.length / shape[0]
  return Array.from({ length: shape[0] }, (_, row) =>
    Array.from({ length: width }, (_, i) => values[row * width + i] as number),
  )
}
