import { type Tensor, tensor1d, tensor2d } from '@tensorflow/tfjs-core'
import type { DecodedTokens, TextDecoder as TextDecoderSpec, Tokens } from '../bundle/index.ts'
import type { DecodingMode } from '../decoding-mode.ts'
import { Graph } from './graph.ts'
import type { Region, Values } from './recorder.ts'
import { draw, probability } from './sampling.ts'
import { scoped } from './scope.ts'

/** The first output of a step if its logits are not needed: greedy token, state… */
const GREEDY_OUTPUT = 1

/** The output of a step: the greedy token of each sentence, and the logits (B, V) if needed. */
interface StepOutput {
  greedy: ArrayLike<number>
  logits: Values | null
}

/** Run `step` on the tokens (B) chosen last. */
type Step = (tokens: ArrayLike<number>) => StepOutput

/** A token chosen for one sentence. */
interface ChosenToken {
  id: number
  confidence?: number
  margin?: number
}

/** A decoder of sentences: `start` once, then `step` for each token. */
export class SentenceDecoder {
  private constructor(
    private readonly start: Graph,
    private readonly step: Graph,
    private readonly tokens: Tokens,
  ) {}

  static load(
    spec: TextDecoderSpec,
    tokens: Tokens,
    files: Map<string, Uint8Array>,
  ): SentenceDecoder {
    return new SentenceDecoder(Graph.load(spec.start, files), Graph.load(spec.step, files), tokens)
  }

  /**
   * z (B, Z) → B sentences. Without a mode they are greedy, and no logits are read.
   *
   * Stops once every sentence has ended or has `max_length` tokens. The greedy token is read back at
   * every step, which costs nothing on WebAssembly.
   */
  decode(z: Float32Array, count: number, mode?: DecodingMode): DecodedTokens[] {
    const { begin, end, max_length: maxLength } = this.tokens
    const lines = Array.from({ length: count }, () => emptyLine(mode))
    const open = new Set(lines)
    return scoped(() => {
      const first = mode ? 0 : GREEDY_OUTPUT
      const step = this.recorded(z, count, first) ?? this.unrecorded(z, count, first)
      let tokens: ArrayLike<number> = Array(count).fill(begin)
      for (let index = 0; index < maxLength && open.size > 0; index += 1) {
        const output = step(tokens)
        const chosen = lines.map((line, row) =>
          open.has(line) ? choose(output, row, count, index, mode) : null,
        )
        for (const [row, line] of lines.entries())
          if (chosen[row] && append(line, chosen[row], end)) open.delete(line)
        tokens = mode?.kind === 'drawn' ? chosen.map((token) => token?.id ?? end) : output.greedy
      }
      return lines
    })
  }

  private unrecorded(z: Float32Array, count: number, first: number): Step {
    let [greedy, token]: [ArrayLike<number> | null, Tensor | null] = [null, null]
    let state = this.start.run([tensor2d(z, [count, z.length / count])])
    return (tokens) => {
      const input = token && tokens === greedy ? token : tensor1d(Array.from(tokens), 'int32') // reuse the tensor
      const outputs = this.step.run([input, ...state], first)
      ;[token, ...state] = outputs.slice(GREEDY_OUTPUT - first) as [Tensor, ...Tensor[]]
      greedy = token.dataSync()
      return { greedy, logits: first < GREEDY_OUTPUT ? (outputs[0] as Tensor).dataSync() : null }
    }
  }

  /** The same with recordings, each step's state copied to the inputs of the next; null without them. */
  private recorded(z: Float32Array, count: number, first: number): Step | null {
    const [start, step] = [this.start.recording(count), this.step.recording(count, first)]
    if (!start || !step) return null
    const outputs = step.outputs.slice(GREEDY_OUTPUT - first)
    const [token, ...state] = step.inputs as [Region, ...Region[]]
    const [greedy, ...nextState] = outputs as [Region, ...Region[]]
    if (
      !haveSameShapes(start.outputs, state) ||
      !haveSameShapes(outputs, step.inputs) ||
      statesOverlap(step.inputs, outputs)
    )
      return null
    start.write(start.inputs[0] as Region, z)
    start.run()
    for (const [i, region] of state.entries()) step.copy(start.outputs[i] as Region, region)
    return (tokens) => {
      step.write(token, tokens)
      step.run()
      for (const [i, region] of state.entries()) step.copy(nextState[i] as Region, region)
      return {
        greedy: step.read(greedy),
        logits: first < GREEDY_OUTPUT ? step.read(step.outputs[0] as Region) : null,
      }
    }
  }
}

const emptyLine = (mode?: DecodingMode): DecodedTokens => ({
  tokens: [],
  ...(mode && { confidence: [] }),
  ...(mode?.kind === 'drawn' && { margins: [] }),
})

/** Choose the token at `index` of the sentence in this row. */
function choose(
  { greedy, logits }: StepOutput,
  row: number,
  count: number,
  index: number,
  mode?: DecodingMode,
): ChosenToken {
  const id = greedy[row] as number
  if (!mode || !logits) return { id }
  const width = logits.length / count
  const own = logits.subarray(row * width, (row + 1) * width) as Float32Array // (V)
  const token = mode.kind === 'drawn' ? draw(own, mode, index) : { id }
  return { ...token, confidence: probability(own, token.id) }
}

/** Append a token to a sentence, and return whether it was the end token. */
function append(
  line: DecodedTokens,
  { id, confidence, margin }: ChosenToken,
  end: number,
): boolean {
  if (margin !== undefined) line.margins?.push(margin)
  if (id === end) {
    if (confidence !== undefined) line.ending = confidence
    return true
  }
  line.tokens.push(id)
  if (confidence !== undefined) line.confidence?.push(confidence)
  return false
}

/** If the shapes differ, the unrecorded step runs, and TensorFlow.js names the mismatch. */
const haveSameShapes = (regions: Region[], others: Region[]) =>
  String(regions.map(({ shape }) => shape)) === String(others.map(({ shape }) => shape))

/** True if a step returns a part of the state as another part, which would be overwritten before it is copied. */
const statesOverlap = (inputs: Region[], outputs: Region[]) =>
  outputs.some((output, i) => inputs.some((input, k) => i !== k && input.offset === output.offset))
