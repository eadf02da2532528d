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
import { concatenate, type Graph as Position } from '../bundle/index.ts'
import { errorMessage, ZlideError } from '../errors.ts'
import { type Output, Recorder, type Recording, type TensorSpec, type Values } from './recorder.ts'
import { unpackWeights } from './weights.ts'

/** Recordings that a graph keeps, for as many sizes of a batch. */
const MAX_RECORDINGS = 3

/** A TensorFlow.js graph model that takes and gives tensors in the order of the contract. */
export class Graph {
  private readonly recordings = new Map<string, Recording | null>()

  private constructor(
    private readonly model: GraphModel,
    private readonly description: Position,
  ) {}

  /** Load a graph from the files of its bundle. Throws a ZlideError if one is not among them, or is no graph. */
  static load(place: Position, files: Map<string, Uint8Array>): Graph {
    const bytes = (path: string) => {
      const found = files.get(path)
      if (!found)
        throw new ZlideError(
          path,
          'the manifest does not list this file',
          'export the model again',
          { permanent: true },
        )
      return found
    }
    try {
      const json: io.ModelJSON = JSON.parse(new TextDecoder().decode(bytes(place.path)))
      const folder = place.path.slice(0, place.path.lastIndexOf('/') + 1)
      const shards = (json.weightsManifest ?? []).flatMap((group) =>
        group.paths.map((path) => bytes(folder + path)),
      )
      return new Graph(
        loadGraphModelSync(unpackWeights(json, concatenate(shards))) as unknown as GraphModel,
        place,
      )
    } catch (error) {
      if (error instanceof ZlideError) throw error
      throw new ZlideError(
        place.path,
        `this is no graph that TensorFlow.js can load (${error})`,
        'export the model again',
        {
          permanent: true,
        },
      )
    }
  }

  /**
   * Run the graph. Throws a ZlideError if it cannot be run on these inputs.
   *
   * Outputs before `first` are not asked for, and what only they need is not computed.
   *
   * The caller owns what comes back; call it within `tidy`.
   */
  run(inputs: readonly Tensor[], first = 0): Tensor[] {
    const named = Object.fromEntries(
      this.description.inputs.map((name, i) => [name, inputs[i] as Tensor]),
    )
    try {
      return [this.model.execute(named, this.description.outputs.slice(first))].flat() // one output comes without a list
    } catch (error) {
      throw new ZlideError(
        this.description.path,
        `cannot be run (${errorMessage(error)})`,
        'export the model again',
        { permanent: true },
      )
    }
  }

  /** The first output of `run` on a batch of `count`, each input being given as values, one row after the other. */
  async call(inputs: readonly ArrayLike<number>[], count: number): Promise<Output> {
    const [output] = await this.callAll(inputs, count)
    return output as Output
  }

  /** All outputs of `run`, in the same way. */
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

  /** `run`, recorded for a batch of `count`; null where it cannot be. */
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

  /** What the inputs of a batch of `count` are like. */
  private inputSpecs(count: number): TensorSpec[] {
    return this.description.inputs.map((name) => {
      const { shape = [], dtype } = this.model.inputs.find(
        (input) => input.name === name,
      ) as ModelTensorInfo
      return { shape: [count, ...shape.slice(1)], dtype }
    })
  }
}

/** What a tensor holds. WebGPU alone has to be waited for; elsewhere waiting takes longer than reading. */
const valuesOf = (tensor: Tensor) =>
  (getBackend() === 'webgpu' ? tensor.data() : tensor.dataSync()) as Values | Promise<Values>

/** A tensor of these values: of that shape, or where they are more or fewer, as wide as they make it, so that TensorFlow.js says what does not fit. */
function toTensor(values: number[], shape: number[], dtype: DataType): Tensor {
  const fits = values.length === util.sizeFromShape(shape)
  return tensor(
    values,
    fits ? shape : [shape[0] as number, values.length / (shape[0] as number)],
    dtype,
  )
}
