import { getBackend, memory, type Tensor2D, tensor2d, tidy } from '@tensorflow/tfjs-core'
import { fetchFiles, type Progress } from '../bundle.ts'
import { download } from '../download.ts'
import { ZlideError } from '../errors.ts'
import { type File, filesOf, type Graph as GraphPlace, type Manifest, refuse, type Tokens } from '../manifest.ts'
import { misfitsAmong, readWords } from '../misfits.ts'
import { Axes } from './axes.ts'
import { startBackend } from './backend.ts'
import { TextReader } from './encoder.ts'
import { Graph } from './graph.ts'
import { TextWriter } from './text.ts'

/** What the decoder made of a batch of positions. */
export interface Decoded {
  tokens: number[][] // token ids without begin and end
  words: string[][]
  z: number[][]
  milliseconds: number
}

/** Where some z lie on the axes: sliders (B, K) in σ, residual (B, Z). */
export interface Located {
  sliders: number[][]
  residual: number[][]
}

/** A text model, ready to decode: all that the worker does. */
export class Runtime {
  private reader: TextReader | null = null
  private from: Graph | null = null

  private constructor(
    private readonly base: URL,
    private readonly manifest: Manifest,
    private readonly axes: Axes,
    private readonly writer: TextWriter,
    private readonly vocabulary: string[],
    readonly backend: string,
  ) {}

  /** Fetch, check and load what decoding needs of the bundle at `base`; the encoder waits until it is asked for. */
  static async open(base: URL, manifest: Manifest, progress: (progress: Progress) => void): Promise<Runtime> {
    const { decoder, tokens } = manifest
    if (decoder.kind !== 'text' || !tokens)
      throw new ZlideError(base.pathname, 'this page decodes text', 'publish a newer page', { lasting: true })
    const [set] = manifest.axes
    const [files] = await Promise.all([
      fetchFiles(base, decoderFiles(manifest), progress),
      startBackend((address) => download(new URL(address, import.meta.url))),
    ])
    refuse(base.pathname, misfitsAmong(manifest, files), 'export the model again')
    const vocabulary = readVocabulary(tokens, files)
    return new Runtime(base, manifest, Axes.load(set, files), TextWriter.load(decoder, tokens, files), vocabulary, getBackend())
  }

  /** sliders (B, K) in σ, residual (B, Z) → B sentences. */
  decode(sliders: number[][], residual: number[][]): Decoded {
    const began = performance.now()
    return tidy(() => {
      const z = this.axes.toZ(sliders, residual)
      const tokens = this.writer.write(z)
      const milliseconds = performance.now() - began
      const words = tokens.map((sentence) => sentence.map((id) => this.vocabulary[id] as string))
      return { tokens, words, z: z.arraySync(), milliseconds }
    })
  }

  /** Token ids of one sentence, without begin and end → its posterior mean (Z). The first call fetches the encoder. */
  async encode(words: number[]): Promise<number[]> {
    this.reader ??= await this.fetchReader()
    return this.reader.encode(words)
  }

  /** z (B, Z) → where they lie on the axes. The first call fetches the graph for it. */
  async locate(z: number[][]): Promise<Located> {
    this.from ??= await this.fetchFrom()
    const { from } = this
    return tidy(() => {
      const [sliders, residual] = from.run([tensor2d(z)]) as [Tensor2D, Tensor2D]
      return { sliders: sliders.arraySync(), residual: residual.arraySync() }
    })
  }

  /** Tensors that are alive, weights included. */
  get tensors(): number {
    return memory().numTensors
  }

  private async fetchReader(): Promise<TextReader> {
    const { encoder } = this.manifest
    if (encoder?.kind !== 'text') throw new ZlideError(this.base.pathname, 'this model has no encoder for text', '', { lasting: true })
    return TextReader.load(encoder, await this.fetch(encoder.start, encoder.read, encoder.finish))
  }

  private async fetchFrom(): Promise<Graph> {
    const [{ from }] = this.manifest.axes
    return Graph.load(from, await this.fetch(from))
  }

  private async fetch(...graphs: GraphPlace[]): Promise<Map<string, Uint8Array>> {
    const files = await fetchFiles(this.base, filesOf(this.manifest, ...graphs))
    refuse(this.base.pathname, misfitsAmong(this.manifest, files), 'export the model again')
    return files
  }
}

/** The files that have to arrive before anything can be decoded. */
export function decoderFiles(manifest: Manifest): File[] {
  const { decoder, tokens, axes } = manifest
  const graphs = decoder.kind === 'text' ? [decoder.start, decoder.step] : []
  return filesOf(manifest, ...graphs, axes[0].to, ...(tokens ? [tokens.vocabulary] : []))
}

function readVocabulary(tokens: Tokens, files: Map<string, Uint8Array>): string[] {
  const bytes = files.get(tokens.vocabulary)
  if (!bytes) throw new ZlideError(tokens.vocabulary, 'the manifest does not list this file', 'export the model again', { lasting: true })
  return readWords(bytes)
}
