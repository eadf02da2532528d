import { type GraphModel, loadGraphModelSync } from '@tensorflow/tfjs-converter'
import {
  backend,
  type DataType,
  dispose,
  getBackend,
  type io,
  type ModelTensorInfo,
  type Tensor,
  tensor,
  tidy,
  util,
} from '@tensorflow/tfjs-core'
import { concatenate, type Graph as GraphSpec, requireFile } from '../bundle/index.ts'
import { errorMessage, ZlideError } from '../errors.ts'
import { type Output, Recorder, type Recording, type TensorSpec, type Values } from './recorder.ts'
import { unpackWeights } from './weights.ts'

/** A graph keeps recordings for this many batch sizes. */
const MAX_RECORDINGS = 3

/** A TensorFlow.js graph model, with inputs and outputs in the order of the contract. */
export class Graph {
  private readonly recordings = new Map<string, Recording | null>()

  private constructor(
    private readonly model: GraphModel,
    private readonly spec: GraphSpec,
  ) {}

  /** Load a graph from the files of its bundle. Throws a ZlideError if a file is missing or invalid. */
  static load(spec: GraphSpec, files: Map<string, Uint8Array>): Graph {
    const bytes = (path: string) => requireFile(files, path)
    try {
      const json: io.ModelJSON = JSON.parse(new TextDecoder().decode(bytes(spec.path)))
      const folder = spec.path.slice(0, spec.path.lastIndexOf('/') + 1)
      const shards = (json.weightsManifest ?? []).flatMap((group) =>
        group.paths.map((path) => bytes(folder + path)),
      )
      return new Graph(
        loadGraphModelSync(unpackWeights(json, concatenate(shards))) as unknown as GraphModel,
        spec,
      )
    } catch (error) {
      if (error instanceof ZlideError) throw error
      throw new ZlideError(
        spec.path,
        `not a graph that TensorFlow.js can load (${error})`,
        'export the model again',
        {
          permanent: true,
        },
      )
    }
  }

  /**
   * Run the graph, and return its outputs from index `first` on; the others are not computed.
   *
   * The caller owns the outputs: call this within `tidy`. Throws a ZlideError if the inputs do not fit.
   */
  run(inputs: readonly Tensor[], first = 0): Tensor[] {
    const named = Object.fromEntries(this.spec.inputs.map((name, i) => [name, inputs[i] as Tensor]))
    try {
      return [this.model.execute(named, this.spec.outputs.slice(first))].flat() // a single output is not in a list
    } catch (error) {
      throw new ZlideError(
        this.spec.path,
        `cannot be run (${errorMessage(error)})`,
        'export the model again',
        { permanent: true },
      )
    }
  }

  /** Return the first output for a batch of `count`; each input is a list of values, row by row. */
  async call(inputs: readonly ArrayLike<number>[], count: number): Promise<Output> {
    const [output] = await this.callAll(inputs, count)
    return output as Output
  }

  /** Return all outputs for a batch of `count`; each input is a list of values, row by row. */
  async callAll(inputs: readonly ArrayLike<number>[], count: number): Promise<Output[]> {
    const recording = this.recording(count)
    if (recording?.accepts(inputs)) return recording.call(inputs)
    const tensors = () =>
      this.inputSpecs(count).map(({ shape, dtype }, i) =>
        toTensor(inputs[i] as number[], shape, dtype),
      )
    const outputs = tidy(() => this.run(tensors()))
    try {
      return await Promise.all(
        outputs.map(async (output) => ({ shape: output.shape, values: await valuesOf(output) })),
      )
    } finally {
      dispose(outputs)
    }
  }

  /** Return a recording of `run` for a batch of `count`, or null if it cannot be recorded. */
  recording(count: number, first = 0): Recording | null {
    const recorder = Recorder.of(backend())
    if (!recorder) return null
    const key = `${count} ${first}`
    if (!this.recordings.has(key)) {
      for (const old of [...this.recordings.keys()].slice(0, 1 - MAX_RECORDINGS)) {
        this.recordings.get(old)?.free()
        this.recordings.delete(old)
      }
      this.recordings.set(
        key,
        recorder.record(this.inputSpecs(count), (inputs) => this.run(inputs, first)),
      )
    }
    return this.recordings.get(key) ?? null
  }

  /** Return shape and dtype of each input for a batch of `count`. */
  private inputSpecs(count: number): TensorSpec[] {
    return this.spec.inputs.map((name) => {
      const { shape = [], dtype } = this.model.inputs.find(
        (input) => input.name === name,
      ) as ModelTensorInfo
      return { shape: [count, ...shape.slice(1)], dtype }
    })
  }
}

/** Read a tensor. Only WebGPU needs to wait; elsewhere waiting takes longer than reading. */
const valuesOf = (tensor: Tensor) =>
  (getBackend() === 'webgpu' ? tensor.data() : tensor.dataSync()) as Values | Promise<Values>

/**
 * Return a tensor of these values and this shape.
 *
 * If there are more or fewer values, its rows are wider or narrower, and TensorFlow.js names the mismatch.
 */
function toTensor(values: number[], shape: number[], dtype: DataType): Tensor {
  const fits = values.length === util.sizeFromShape(shape)
  return tensor(
    values,
    fits ? shape : [shape[0] as number, values.length / (shape[0] as number)],
    dtype,
  )
}
