import { type Tensor, tensor1d, tensor2d } from '@tensorflow/tfjs-core'
import type { TextDecoder as Graphs, Tokens } from '../manifest.ts'
import { Graph } from './graph.ts'
import type { Recording, Region } from './recorder.ts'
import { scoped } from './scope.ts'

/** Where a step's outputs begin when nobody wants its logits: greedy token, state… */
const GREEDY = 1

/** Takes every sentence a word further, and gives these words. */
type Next = () => ArrayLike<number>

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
   * nothing, so it is read at every step.
   */
  write(z: Float32Array, count: number): number[][] {
    const { end, longest } = this.tokens
    const sentences: number[][] = Array.from({ length: count }, () => [])
    const open = new Set(sentences)
    return scoped(() => {
      const next = this.recorded(z, count) ?? this.unrecorded(z, count)
      for (let length = 0; length < longest && open.size > 0; length += 1) {
        const words = next()
        for (const [row, sentence] of sentences.entries()) {
          if (!open.has(sentence)) continue
          const word = words[row] as number
          if (word === end) open.delete(sentence)
          else sentence.push(word)
        }
      }
      return sentences
    })
  }

  private unrecorded(z: Float32Array, count: number): Next {
    let token: Tensor = tensor1d(Array(count).fill(this.tokens.begin), 'int32')
    let state = this.start.run([tensor2d(z, [count, z.length / count])])
    return () => {
      ;[token, ...state] = this.step.run([token, ...state], GREEDY) as [Tensor, ...Tensor[]]
      return token.dataSync()
    }
  }

  /** The same by recordings of both graphs, whose outputs become the inputs of the next step; null where there are none. */
  private recorded(z: Float32Array, count: number): Next | null {
    const [start, step] = [this.start.recording(count), this.step.recording(count, GREEDY)]
    if (!start || !step) return null
    const [token, ...state] = step.inputs as [Region, ...Region[]]
    if (!alike(start.outputs, state) || !alike(step.outputs, step.inputs) || crosses(step)) return null
    start.write(start.inputs[0] as Region, z)
    start.run()
    for (const [i, region] of state.entries()) step.copy(start.outputs[i] as Region, region)
    step.write(token, Array(count).fill(this.tokens.begin))
    return () => {
      step.run()
      for (const [i, region] of step.inputs.entries()) step.copy(step.outputs[i] as Region, region)
      return step.read(token)
    }
  }
}

/** Whether tensors can take the place of others; where they cannot, TensorFlow.js says what does not fit. */
const alike = (these: Region[], those: Region[]) => String(these.map(({ shape }) => shape)) === String(those.map(({ shape }) => shape))

/** Whether a step gives back one part of the state as another: it would be overwritten before it is copied. */
const crosses = ({ inputs, outputs }: Recording) =>
  outputs.some((output, i) => inputs.some((input, k) => i !== k && input.offset === output.offset))
