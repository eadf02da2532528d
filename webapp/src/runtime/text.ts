import { type Tensor, tensor1d, tensor2d } from '@tensorflow/tfjs-core'
import type { TextDecoder as Graphs, Tokens } from '../manifest.ts'
import type { Writing, Writing } from '../writing.ts'
import { confidence, draw, draw, probability } from './chance.ts'
import { Graph } from './graph.ts'
import type { Region, Values } from './recorder.ts'
import { scoped } from './scope.ts'

/** Where a step's outputs begin when nobody wants its logits: greedy token, state… */
const GREEDY = 1

/** A sentence as it was written: token ids without begin and end, and how probable each was, where that was asked for. */
export interface Line {
  tokens: number[]
  confidence?: number[]
}

/** Takes every sentence a word further: what the likeliest words are, and the logits (B, V) where they are wanted. */
interface Steps {
  next(): { greedy: ArrayLike<number>; logits: Float32Array | null }
  /** Words that go on in the place of the likeliest. */
  feed(words: number[]): void
}

/** Writes sentences word by word: `start` once, then `step` with the word that was written last. */
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
   * z (B, Z) → B sentences: of the likeliest words, or as `writing` says, and then with the probability of each word.
   *
   * Stops when every sentence has ended, or is as long as the model ever writes. On wasm reading a token back costs
   * nothing, so it is read at every step.
   */
  write(z: Float32Array, count: number, writing: Writing | null = null): Line[] {
    const { end, longest } = this.tokens
    const lines: Line[] = Array.from({ length: count }, () => (writing ? { tokens: [], confidence: [] } : { tokens: [] }))
    const open = new Set(lines)
    return scoped(() => {
      const first = writing ? 0 : GREEDY
      const steps = this.recorded(z, count, first) ?? this.unrecorded(z, count, first)
      for (let length = 0; length < longest && open.size > 0; length += 1) {
        const { greedy, logits } = steps.next()
        const row = (index: number) => rowOf(logits as Float32Array, index, count)
        const words = writing?.kind === 'drawn' ? lines.map((_, i) => draw(row(i), writing, length)) : greedy
        if (words !== greedy) steps.feed(words as number[])
        for (const [i, line] of lines.entries()) {
          if (!open.has(line)) continue
          const word = words[i] as number
          if (word === end) open.delete(line)
          else {
            line.tokens.push(word)
            line.confidence?.push(confidence(row(i), word))
          }
        }
      }
      return lines
    })
  }

  private unrecorded(z: Float32Array, count: number, first: number): Steps {
    let token: Tensor = tensor1d(Array(count).fill(this.tokens.begin), 'int32')
    let state = this.start.run([tensor2d(z, [count, z.length / count])])
    return {
      next: () => {
        const outputs = this.step.run([token, ...state], first)
        const logits = first < GREEDY ? (outputs.shift() as Tensor) : null
        ;[token, ...state] = outputs as [Tensor, ...Tensor[]]
        return { greedy: token.dataSync(), logits: (logits?.dataSync() ?? null) as Float32Array | null }
      },
      feed: (words) => {
        token = tensor1d(words, 'int32')
      },
    }
  }

  /** The same by recordings of both graphs, whose outputs become the inputs of the next step; null where there are none. */
  private recorded(z: Float32Array, count: number, first: number): Steps | null {
    const [start, step] = [this.start.recording(count), this.step.recording(count, first)]
    if (!start || !step) return null
    const [token, ...state] = step.inputs as [Region, ...Region[]]
    const logits = first < GREEDY ? (step.outputs[0] as Region) : null
    const after = step.outputs.slice(GREEDY - first)
    if (!alike(start.outputs, state) || !alike(after, step.inputs) || crosses(after, step.inputs)) return null
    start.write(start.inputs[0] as Region, z)
    start.run()
    for (const [i, region] of state.entries()) step.copy(start.outputs[i] as Region, region)
    step.write(token, Array(count).fill(this.tokens.begin))
    return {
      next: () => {
        step.run()
        for (const [i, region] of step.inputs.entries()) step.copy(after[i] as Region, region)
        return { greedy: step.read(token), logits: logits && (step.read(logits) as Float32Array) }
      },
      feed: (words) => step.write(token, words),
    }
  }
}

/** Whether tensors can take the place of others; where they cannot, TensorFlow.js says what does not fit. */
const alike = (these: Region[], those: Region[]) => String(these.map(({ shape }) => shape)) === String(those.map(({ shape }) => shape))

/** Whether a step gives back one part of the state as another: it would be overwritten before it is copied. */
const crosses = (inputs: Region[], outputs: Region[]) =>
  outputs.some((output, i) => inputs.some((input, k) => i !== k && input.offset === output.offset))

/** One row of (count, V). */
const rowOf = (values: Float32Array, index: number, count: number) =>
  values.subarray((index * values.length) / count, ((index + 1) * values.length) / count)
