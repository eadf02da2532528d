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
import { Navigation } from './navigation.ts'

/** The state of a sentence or a picture that the reader entered. */
export type InputStatus =
  | { state: 'none' }
  | { state: 'reading'; name: string }
  | { state: 'read'; remark: string } // the words that were not read
  | { state: 'refused'; reason: string }

/** The name of a drawing. */
const DRAWING = 'your drawing'

/** The reader's own sentences and pictures, which the encoder turns into examples. */
export abstract class UserInput extends Navigation {
  @state() private input: InputStatus = { state: 'none' }
  private vocabulary: ReadonlyMap<string, number> | null = null

  /** The status of the reader's input, or the unread words of the current example. */
  protected get inputStatus(): InputStatus {
    const sample = this.position?.example.sample
    const remark =
      sample?.kind === 'text' && sample.source?.kind === 'typed'
        ? describeUnread(sample.source)
        : ''
    return this.input.state === 'none' && remark ? { state: 'read', remark } : this.input
  }

  protected override clear() {
    super.clear()
    this.input = { state: 'none' }
    this.vocabulary = null
  }

  protected override loadExample(example: Example) {
    this.input = { state: 'none' }
    super.loadExample(example)
  }

  protected override cancelPending() {
    super.cancelPending()
    this.cancelReading()
  }

  override disconnectedCallback() {
    super.disconnectedCallback()
    this.cancelReading()
  }

  private cancelReading() {
    if (this.input.state === 'reading') this.input = { state: 'none' }
  }

  /** Load a picture file as the example. A file that cannot be read changes nothing. */
  protected async importFile(file: File): Promise<void> {
    const { manifest } = this
    if (manifest?.encoder?.kind !== 'image') return
    const { encoder } = manifest
    await this.readInput(file.name, async () => {
      const { importPicture } = await import('../samples/import-picture.ts')
      const sample = await importPicture(file, encoder)
      return this.encode(file.name, sample, sample)
    })
  }

  /** Load a drawing as the example. */
  protected readonly importDrawing = (picture: Picture) =>
    void this.readInput(DRAWING, () => this.encode(DRAWING, picture, picture))

  /** Load a sentence as the example. */
  protected async importSentence(text: string): Promise<void> {
    await this.readInput(text, () => this.encodeSentence(text))
  }

  /** Load an example from `read`, unless the reader does something else before it is there. */
  private async readInput(name: string, read: () => Promise<Example>): Promise<void> {
    this.cancelPending()
    const reading: InputStatus = { state: 'reading', name }
    this.input = reading
    const { model } = this
    try {
      if (!model) throw notReady(name)
      const example = await read()
      while (this.position && this.input === reading) {
        const { set } = this.position
        const [point] = (await model.changeBasis(0, set, [example])) as [LatentPoint]
        if (set !== this.position.set || this.input !== reading) continue
        const { set: known, points } = this.exampleCoordinates
        this.exampleCoordinates = {
          set,
          points: new Map(known === set ? points : []).set(example, point),
        }
        this.loadExample(example)
      }
    } catch (error) {
      if (this.input !== reading) return // superseded
      if (model && isBackendError(error)) {
        await this.handleModelError(model, error)
        return this.readInput(name, read)
      }
      this.input = { state: 'refused', reason: errorMessage(error) }
    }
  }

  protected override async encodeSentence(text: string): Promise<Example> {
    const { ids, words, source } = parseSentence(text, await this.fetchVocabulary(), this.tokens)
    return this.encode(text, ids, { kind: 'text', words, source })
  }

  /** Return an example on the first set of axes, quantized so that a URL can hold it. */
  private async encode(
    text: string,
    input: Parameters<Model['encode']>[0],
    sample: Sample,
  ): Promise<Example> {
    const { model } = this
    if (!model) throw notReady(text)
    const { sliders, residual } = await model.locate(0, [await model.encode(input)])
    return {
      text,
      sample,
      ...quantize({ sliders: sliders[0] as number[], residual: residual[0] as number[] }),
    }
  }

  private get tokens(): Tokens {
    return this.manifest?.tokens as Tokens
  }

  private async fetchVocabulary(): Promise<ReadonlyMap<string, number>> {
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

const notReady = (name: string) =>
  new ZlideError(name, 'the decoder is still loading', 'try again in a moment')
