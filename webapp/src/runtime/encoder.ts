import type { Graph as GraphPlace, Manifest, TextEncoder as TextGraphs } from '../bundle/index.ts'
import { ZlideError } from '../errors.ts'
import type { Picture } from '../samples/index.ts'
import { Graph } from './graph.ts'
import { Looker } from './image.ts'
import type { Output } from './recorder.ts'

/** What an encoder reads: token ids of one sentence, without begin and end, or a picture. */
export type EncoderInput = readonly number[] | Picture

/** What is given → its posterior mean (Z). */
export type Encoder = (given: EncoderInput) => Promise<number[]>

/** The encoder that the manifest describes, its graphs by `fetch`. Throws a ZlideError where there is none, and when it is given what it cannot read. */
export async function loadEncoder(
  { encoder }: Manifest,
  fetch: (...graphs: GraphPlace[]) => Promise<Map<string, Uint8Array>>,
): Promise<Encoder> {
  const refuse = (problem: string) =>
    new ZlideError('the encoder', problem, '', { permanent: true })
  if (!encoder) throw refuse('this model has none')
  if (encoder.kind === 'image') {
    const looker = Looker.load(encoder, await fetch(encoder.image))
    return async (given) => {
      if (!('pixels' in given)) throw refuse('expected a picture, found words')
      return looker.encode(given)
    }
  }
  const reader = TextReader.load(encoder, await fetch(encoder.start, encoder.read, encoder.finish))
  return async (given) => {
    if ('pixels' in given) throw refuse('expected words, found a picture')
    return reader.encode(given)
  }
}

/** Reads a sentence word by word, from both ends at once, and finds its place in latent space. */
export class TextReader {
  private constructor(
    private readonly start: Graph,
    private readonly read: Graph,
    private readonly finish: Graph,
  ) {}

  static load(graphs: TextGraphs, files: Map<string, Uint8Array>): TextReader {
    return new TextReader(
      Graph.load(graphs.start, files),
      Graph.load(graphs.read, files),
      Graph.load(graphs.finish, files),
    )
  }

  /** Token ids of one sentence, without begin and end → its posterior mean (Z). */
  async encode(words: readonly number[]): Promise<number[]> {
    let state = await this.start.callAll([[0]], 1)
    for (const [i, word] of words.entries()) {
      const opposite = words[words.length - 1 - i] as number
      state = await this.read.callAll([[word], [opposite], ...valuesOf(state)], 1)
    }
    return Array.from((await this.finish.call(valuesOf(state), 1)).values)
  }
}

const valuesOf = (outputs: Output[]) => outputs.map(({ values }) => values)
