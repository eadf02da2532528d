import { type GraphModel, loadGraphModelSync } from '@tensorflow/tfjs-converter'
import type { io, Tensor } from '@tensorflow/tfjs-core'
import { concatenate } from '../concatenate.ts'
import { inWords, ZlideError } from '../errors.ts'
import type { Graph as Place } from '../manifest.ts'

/** A TensorFlow.js graph model that takes and gives tensors in the order of the contract, synchronously. */
export class Graph {
  private constructor(
    private readonly model: GraphModel,
    private readonly place: Place,
  ) {}

  /** Load a graph from the files of its bundle. Throws a ZlideError if one is not among them, or is no graph. */
  static load(place: Place, files: Map<string, Uint8Array>): Graph {
    const bytes = (path: string) => {
      const found = files.get(path)
      if (!found) throw new ZlideError(path, 'the manifest does not list this file', 'export the model again', { lasting: true })
      return found
    }
    try {
      const json: io.ModelJSON = JSON.parse(new TextDecoder().decode(bytes(place.path)))
      const folder = place.path.slice(0, place.path.lastIndexOf('/') + 1)
      const shards = (json.weightsManifest ?? []).flatMap((group) => group.paths.map((path) => bytes(folder + path)))
      return new Graph(loadGraphModelSync([json, concatenate(shards).buffer]) as unknown as GraphModel, place)
    } catch (error) {
      if (error instanceof ZlideError) throw error
      throw new ZlideError(place.path, `this is no graph that TensorFlow.js can load (${error})`, 'export the model again', {
        lasting: true,
      })
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
    const named = Object.fromEntries(this.place.inputs.map((name, i) => [name, inputs[i] as Tensor]))
    try {
      return [this.model.execute(named, this.place.outputs.slice(first))].flat() // one output comes without a list
    } catch (error) {
      throw new ZlideError(this.place.path, `cannot be run (${inWords(error)})`, 'export the model again', { lasting: true })
    }
  }
}
