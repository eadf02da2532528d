import type {
  Graph as GraphSpec,
  Manifest,
  TextEncoder as TextEncoderSpec,
} from '../bundle/index.ts'
import { ZlideError } from '../errors.ts'
import type { Picture } from '../samples/index.ts'
import { Graph } from './graph.ts'
import { ImageEncoder } from './image.ts'
import type { Output } from './recorder.ts'

/** The token ids of one sentence, without begin and end, or a picture. */
export type EncoderInput = readonly number[] | Picture

/** A sample → its posterior mean (Z). */
export type Encoder = (input: EncoderInput) => Promise<number[]>

/**
 * Load the encoder; `fetch` gets its graphs.
 *
 * Throws a ZlideError if the model has no encoder. The encoder throws one for the other modality.
 */
export async function loadEncoder(
  { encoder }: Manifest,
  fetch: (...graphs: GraphSpec[]) => Promise<Map<string, Uint8Array>>,
): Promise<Encoder> {
  const refuse = (problem: string) =>
    new ZlideError('the encoder', problem, '', { permanent: true })
  if (!encoder) throw refuse('this model has no encoder')
  if (encoder.kind === 'image') {
    const pictures = ImageEncoder.load(encoder, await fetch(encoder.image))
    return async (input) => {
      if (!('pixels' in input)) throw refuse('expected a picture, found words')
      return pictures.encode(input)
    }
  }
  const { start, read, finish } = encoder
  const sentences = SentenceEncoder.load(encoder, await fetch(start, read, finish))
  return async (input) => {
    if ('pixels' in input) throw refuse('expected words, found a picture')
    return sentences.encode(input)
  }
}

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
