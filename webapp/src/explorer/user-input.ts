import { state } from 'lit/decorators.js'
import { fetchFiles, filesOf, readWords, type Tokens } from '../bundle/index.ts'
import { errorMessage, isBackendError, ZlideError } from '../errors.ts'
import type { Model } from '../model/index.ts'
import {
  describeUnread,
  type Example,
  type LatentPoint,
  type Picture,
  parseSentence,
  type Sample,
} from '../samples/index.ts'
import { quantize } from '../view/index.ts'
import type { Own } from './example.ts'
import { Journey } from './navigation.ts'

/** What a drawing is called. */
const DRAWING = 'your drawing'

/** The reader gives a sentence or a picture, which the encoder finds a place for. */
export abstract class Giving extends Journey {
  @state() protected own: Own = { state: 'none' }
  private vocabulary: ReadonlyMap<string, number> | null = null

  /** What is to be said of what the reader gave: what became of it, or what of the example that is loaded was not read. */
  protected get told(): Own {
    const sample = this.place?.example.sample
    const remark =
      sample?.kind === 'text' && sample.source?.kind === 'typed'
        ? describeUnread(sample.source)
        : ''
    return this.own.state === 'none' && remark ? { state: 'read', remark } : this.own
  }

  protected override forget() {
    super.forget()
    this.own = { state: 'none' }
    this.vocabulary = null
  }

  protected override load(example: Example) {
    this.own = { state: 'none' }
    super.load(example)
  }

  protected override supersede() {
    super.supersede()
    this.stopReading()
  }

  override disconnectedCallback() {
    super.disconnectedCallback()
    this.stopReading()
  }

  private stopReading() {
    if (this.own.state === 'reading') this.own = { state: 'none' }
  }

  /** Make a picture of the reader's own the example. What cannot be read changes nothing. */
  protected async use(file: File): Promise<void> {
    const { manifest } = this
    if (manifest?.encoder?.kind !== 'image') return
    const { encoder } = manifest
    await this.take(file.name, async () => {
      const { importPicture } = await import('../samples/import-picture.ts')
      const sample = await importPicture(file, encoder)
      return this.encoded(file.name, sample, sample)
    })
  }

  /** The same of what the reader has drawn. */
  protected readonly drew = (picture: Picture) =>
    void this.take(DRAWING, () => this.encoded(DRAWING, picture, picture))

  /** The same of a sentence. */
  protected async write(text: string): Promise<void> {
    await this.take(text, () => this.readOwnSentence(text))
  }

  private async take(name: string, read: () => Promise<Example>): Promise<void> {
    this.supersede()
    const reading: Own = { state: 'reading', name }
    this.own = reading
    const { model } = this
    try {
      if (!model)
        throw new ZlideError(name, 'the decoder has not arrived yet', 'give it again in a moment')
      const example = await read()
      while (this.place && this.own === reading) {
        const { set } = this.place
        const [home] = (await model.changeBasis(0, set, [example])) as [LatentPoint]
        if (set !== this.place.set || this.own !== reading) continue
        this.homes = {
          set,
          spots: new Map(this.homes.set === set ? this.homes.spots : []).set(example, home),
        }
        this.load(example)
      }
    } catch (error) {
      if (this.own !== reading) return // another came after it
      if (model && isBackendError(error)) {
        await this.stop(model, error)
        return this.take(name, read)
      }
      this.own = { state: 'refused', why: errorMessage(error) }
    }
  }

  protected override async readOwnSentence(text: string): Promise<Example> {
    const { ids, words, source } = parseSentence(text, await this.words(), this.tokens)
    return this.encoded(text, ids, { kind: 'text', words, source })
  }

  /** What the encoder makes of something, as an example on the first set of axes, in numbers that an address can spell. */
  private async encoded(
    text: string,
    given: Parameters<Model['encode']>[0],
    sample: Sample,
  ): Promise<Example> {
    const { model } = this
    if (!model)
      throw new ZlideError(text, 'the decoder has not arrived yet', 'give it again in a moment')
    const { sliders, residual } = await model.locate(0, [await model.encode(given)])
    return {
      text,
      sample,
      ...quantize({ sliders: sliders[0] as number[], residual: residual[0] as number[] }),
    }
  }

  private get tokens(): Tokens {
    return this.manifest?.tokens as Tokens
  }

  /** The vocabulary, which the first sentence of the reader's own fetches. */
  private async words(): Promise<ReadonlyMap<string, number>> {
    const { manifest, tokens } = this
    if (this.vocabulary || !manifest) return this.vocabulary ?? new Map()
    const files = await fetchFiles(this.base, filesOf(manifest, tokens.vocabulary))
    const words = new Map(
      readWords(files.get(tokens.vocabulary) as Uint8Array).map((word, id) => [word, id]),
    )
    if (this.manifest === manifest) this.vocabulary = words
    return words
  }
}
