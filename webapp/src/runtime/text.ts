import { type Tensor, type Tensor2D, tensor1d } from '@tensorflow/tfjs-core'
import type { TextDecoder as Graphs, Tokens } from '../manifest.ts'
import { Graph } from './graph.ts'

/** Where a step's outputs begin when nobody wants its logits: greedy token, state… */
const GREEDY = 1

/** Writes sentences word by word: `start` once, then `step` with the word that it gave last. */
export class TextWriter {
  private constructor(
    private readonly start: Graph,
    private readonly step: Graph,
    private readonly tokens: Tokens,
  ) {}

  static load(graphs: Graphs, tokens: Tokens, files: Map<string, Uint8Array>): TextWriter {
    return new TextWriter(Graph.load(graphs.start, files), Graph.load(graphs.step, files), tokens)
  }

  /**
   * z (B, Z) → the likeliest words, greedily, as B lists of token ids without begin and end.
   *
   * Stops when every sentence has ended, or is as long as the model ever writes. On wasm reading a token back costs
   * nothing, so it is read at every step. Call it within `tidy`: the states of all steps are freed with it.
   */
  write(z: Tensor2D): number[][] {
    const { begin, end, longest } = this.tokens
    const sentences: number[][] = Array.from({ length: z.shape[0] }, () => [])
    const open = new Set(sentences)
    let token: Tensor = tensor1d(Array(sentences.length).fill(begin), 'int32')
    let state = this.start.run([z])
    for (let length = 0; length < longest && open.size > 0; length += 1) {
      ;[token, ...state] = this.step.run([token, ...state], GREEDY) as [Tensor, ...Tensor[]]
      const words = token.dataSync()
      for (const [row, sentence] of sentences.entries()) {
        if (!open.has(sentence)) continue
        const word = words[row] as number
        if (word === end) open.delete(sentence)
        else sentence.push(word)
      }
    }
    return sentences
  }
}
