import { type Tensor2D, tensor1d, tidy } from '@tensorflow/tfjs-core'
import type { TextEncoder as Graphs } from '../manifest.ts'
import { Graph } from './graph.ts'

/** Reads a sentence word by word, from both ends at once, and finds its place in latent space. */
export class TextReader {
  private constructor(
    private readonly start: Graph,
    private readonly read: Graph,
    private readonly finish: Graph,
  ) {}

  static load(graphs: Graphs, files: Map<string, Uint8Array>): TextReader {
    return new TextReader(Graph.load(graphs.start, files), Graph.load(graphs.read, files), Graph.load(graphs.finish, files))
  }

  /** Token ids of one sentence, without begin and end → its posterior mean (Z). */
  encode(words: readonly number[]): number[] {
    return tidy(() => {
      const token = (id: number) => tensor1d([id], 'int32')
      let state = this.start.run([token(0)])
      for (const [i, word] of words.entries()) {
        const opposite = words[words.length - 1 - i] as number
        state = this.read.run([token(word), token(opposite), ...state])
      }
      const [mean] = this.finish.run(state)
      return Array.from((mean as Tensor2D).dataSync())
    })
  }
}
