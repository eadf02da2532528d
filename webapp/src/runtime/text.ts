import { type Tensor, tensor1d, tensor2d } from '@tensorflow/tfjs-core'
import type { TextDecoder as Graphs, Tokens } from '../bundle/index.ts'
import type { DecodingMode } from '../decoding-mode.ts'
import { Graph } from './graph.ts'
import type { Region, Values } from './recorder.ts'
import { draw, probability } from './sampling.ts'
import { scoped } from './scope.ts'

/** Where a step's outputs begin when nobody wants its logits: greedy token, state… */
const GREEDY_OUTPUT = 1

/** A sentence as token ids, without begin and end, and what there is to say of them. */
export interface DecodedLine {
  tokens: number[]
  confidence?: number[] // of each, where it was asked for
  ending?: number // of the end, if it was written
  margins?: number[] // how far each draw, the end's too, was from the edge of another word
}

/** What the model says comes next: the likeliest word of every sentence, and where they were asked for, the logits (B, V). */
interface StepOutput {
  likeliest: ArrayLike<number>
  logits: Values | null
}

/** Takes every sentence a step further by the word that is given. */
type Step = (words: ArrayLike<number>) => StepOutput

/** The word that is written in one sentence. */
interface Token {
  word: number
  confidence?: number
  margin?: number
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
   * z (B, Z) → B sentences. Without a `writing` they are of the likeliest words, and no logits are read.
   *
   * Stops when every sentence has ended, or is as long as the model ever writes. On wasm reading a token back costs
   * nothing, so it is read at every step.
   */
  decode(z: Float32Array, count: number, writing?: DecodingMode): DecodedLine[] {
    const { begin, end, max_length: maxLength } = this.tokens
    const lines = Array.from({ length: count }, () => emptyLine(writing))
    const open = new Set(lines)
    return scoped(() => {
      const first = writing ? 0 : GREEDY_OUTPUT
      const next = this.recorded(z, count, first) ?? this.unrecorded(z, count, first)
      let words: ArrayLike<number> = Array(count).fill(begin)
      for (let place = 0; place < maxLength && open.size > 0; place += 1) {
        const said = next(words)
        const chosen = lines.map((line, row) =>
          open.has(line) ? choose(said, row, count, place, writing) : null,
        )
        for (const [row, line] of lines.entries())
          if (chosen[row] && append(line, chosen[row], end)) open.delete(line)
        words =
          writing?.kind === 'drawn' ? chosen.map((choice) => choice?.word ?? end) : said.likeliest
      }
      return lines
    })
  }

  private unrecorded(z: Float32Array, count: number, first: number): Step {
    let [likeliest, token]: [ArrayLike<number> | null, Tensor | null] = [null, null]
    let state = this.start.run([tensor2d(z, [count, z.length / count])])
    return (words) => {
      const given = token && words === likeliest ? token : tensor1d(Array.from(words), 'int32') // where it is already, if it is
      const outputs = this.step.run([given, ...state], first)
      ;[token, ...state] = outputs.slice(GREEDY_OUTPUT - first) as [Tensor, ...Tensor[]]
      likeliest = token.dataSync()
      return { likeliest, logits: first < GREEDY_OUTPUT ? (outputs[0] as Tensor).dataSync() : null }
    }
  }

  /** The same by recordings of both graphs, whose outputs become the inputs of the next step; null where there are none. */
  private recorded(z: Float32Array, count: number, first: number): Step | null {
    const [start, step] = [this.start.recording(count), this.step.recording(count, first)]
    if (!start || !step) return null
    const outputs = step.outputs.slice(GREEDY_OUTPUT - first)
    const [token, ...state] = step.inputs as [Region, ...Region[]]
    const [likeliest, ...later] = outputs as [Region, ...Region[]]
    if (
      !haveSameShapes(start.outputs, state) ||
      !haveSameShapes(outputs, step.inputs) ||
      statesOverlap(step.inputs, outputs)
    )
      return null
    start.write(start.inputs[0] as Region, z)
    start.run()
    for (const [i, region] of state.entries()) step.copy(start.outputs[i] as Region, region)
    return (words) => {
      step.write(token, words)
      step.run()
      for (const [i, region] of state.entries()) step.copy(later[i] as Region, region)
      return {
        likeliest: step.read(likeliest),
        logits: first < GREEDY_OUTPUT ? step.read(step.outputs[0] as Region) : null,
      }
    }
  }
}

const emptyLine = (writing?: DecodingMode): DecodedLine => ({
  tokens: [],
  ...(writing && { confidence: [] }),
  ...(writing?.kind === 'drawn' && { margins: [] }),
})

/** The next word of the sentence in this row. */
function choose(
  { likeliest, logits }: StepOutput,
  row: number,
  count: number,
  place: number,
  writing?: DecodingMode,
): Token {
  const word = likeliest[row] as number
  if (!writing || !logits) return { word }
  const width = logits.length / count
  const own = logits.subarray(row * width, (row + 1) * width) as Float32Array // (V)
  const choice = writing.kind === 'drawn' ? draw(own, writing, place) : { word }
  return { ...choice, confidence: probability(own, choice.word) }
}

/** Write a word in a sentence, and say whether it was the end. */
function append(line: DecodedLine, { word, confidence, margin }: Token, end: number): boolean {
  if (margin !== undefined) line.margins?.push(margin)
  if (word === end) {
    if (confidence !== undefined) line.ending = confidence
    return true
  }
  line.tokens.push(word)
  if (confidence !== undefined) line.confidence?.push(confidence)
  return false
}

/** Whether tensors can take the place of others; where they cannot, TensorFlow.js says what does not fit. */
const haveSameShapes = (these: Region[], those: Region[]) =>
  String(these.map(({ shape }) => shape)) === String(those.map(({ shape }) => shape))

/** Whether a step gives back one part of the state as another: it would be overwritten before it is copied. */
const statesOverlap = (inputs: Region[], outputs: Region[]) =>
  outputs.some((output, i) => inputs.some((input, k) => i !== k && input.offset === output.offset))
