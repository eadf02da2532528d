import type { TextEncoder as TextEncoderSpec } from '../bundle/index.ts'
import { Graph } from './graph.ts'
import type { Output } from './recorder.ts'

/** An encoder of sentences, which reads word by word in both directions. */
export class SentenceEncoder {
  private constructor(
    private readonly start: Graph,
    private readonly read: Graph,
    private readonly finish: Graph,
  ) {}

  static load(spec: TextEncoderSpec, files: Map<string, Uint8Array>): SentenceEncoder {
    return new SentenceEncoder(
      Graph.load(spec.start, files),
      Graph.load(spec.read, files),
      Graph.load(spec.finish, files),
    )
  }

  /** The token ids of one sentence, without begin and end → its posterior mean (Z). */
  async encode(tokens: readonly number[]): Promise<number[]> {
    let state = await this.start.callAll([[0]], 1)
    for (const [i, forward] of tokens.entries()) {
      const backward = tokens[tokens.length - 1 - i] as number
      state = await this.read.callAll([[forward], [backward], ...valuesOf(state)], 1)
    }
    return Array.from((await this.finish.call(valuesOf(state), 1)).values)
  }
}

const valuesOf = (outputs: Output[]) => outputs.map(({ values }) => values)
