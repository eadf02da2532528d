import { fetchFiles, filesOf, type Manifest } from '../bundle/index.ts'
import type { Decoded } from '../runtime/index.ts'
import { fromBytes, type Picture, toRGBA } from '../samples/index.ts'

/** Positions, and the pictures that PyTorch decoded there. */
export interface Probe {
  sliders: number[][] // (N, K), in σ
  residual: number[][] // (N, Z)
  pictures: readonly Picture[]
}

/** Fetch the probe of an image bundle. Throws a ZlideError if it is missing or damaged. */
export async function fetchProbe(base: URL, manifest: Manifest): Promise<Probe> {
  const { decoder, probe } = manifest
  const file = (await fetchFiles(base, filesOf(manifest, probe))).get(probe)
  if (!file || decoder.kind !== 'image') return { sliders: [], residual: [], pictures: [] }
  const pixels = readRows(file, 'pixels', (bytes) => new Uint8Array(bytes))
  return {
    sliders: readRows(file, 'sliders', (bytes) => new Float32Array(bytes)),
    residual: readRows(file, 'residual', (bytes) => new Float32Array(bytes)),
    pictures: pixels.map((row) => fromBytes(row, decoder.size)),
  }
}

/** Return whether samples equal the probe's pictures, every pixel within 1/255. */
export function reproduces(samples: Decoded['samples'], { pictures }: Probe): boolean {
  if (pictures.length === 0 || samples.length !== pictures.length) return false
  return samples.every((sample, i) => {
    if (sample.kind !== 'image') return false
    const expected = toRGBA(pictures[i] as Picture)
    return toRGBA(sample).every((value, at) => Math.abs(value - (expected[at] as number)) <= 1)
  })
}

/** Read the flat rows of a tensor in a safetensors file (https://huggingface.co/docs/safetensors). */
function readRows(
  file: Uint8Array,
  name: string,
  read: (bytes: ArrayBuffer) => ArrayLike<number>,
): number[][] {
  const body = 8 + Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true))
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, body)))
  const { shape, data_offsets } = header[name] as {
    shape: [number, ...number[]]
    data_offsets: [number, number]
  }
  const [from, to] = data_offsets.map((offset) => body + offset)
  const values = read(file.slice(from, to).buffer)
  const width = values.length / shape[0]
  return Array.from({ length: shape[0] }, (_, row) =>
    Array.from({ length: width }, (_, i) => values[row * width + i] as number),
  )
}
