import { state } from 'lit/decorators.js'
import { errorMessage, isBackendError, ZlideError } from '../errors.ts'
import type { Reading, TextInput } from '../modalities/index.ts'
import type { Sample } from '../sample.ts'
import type { Example, LatentPoint } from '../samples/index.ts'
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

  /** The status of the reader's input, or the unread words of the current example. */
  protected get inputStatus(): InputStatus {
    const sample = this.position?.example.sample
    const remark = (sample && this.modality?.input?.describeUnread(sample)) ?? ''
    return this.input.state === 'none' && remark ? { state: 'read', remark } : this.input
  }

  protected override clear() {
    super.clear()
    this.input = { state: 'none' }
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

  /** Load a file as the example. A file that cannot be read changes nothing. */
  protected async importFile(file: File): Promise<void> {
    const input = this.modality?.input?.file
    if (!input) return
    await this.readInput(file.name, async () => this.encode(file.name, await input.read(file)))
  }

  /** Load a drawing as the example. */
  protected readonly importDrawing = (sample: Sample) =>
    void this.readInput(DRAWING, () => this.encode(DRAWING, { sample, input: sample }))

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
    const input = this.modality?.input?.text as TextInput<Sample>
    return this.encode(text, await input.read(text))
  }

  /** Return an example on the first set of axes, quantized so that a URL can hold it. */
  private async encode(text: string, { sample, input }: Reading<Sample>): Promise<Example> {
    const { model } = this
    if (!model) throw notReady(text)
    const { sliders, residual } = await model.locate(0, [await model.encode(input)])
    return {
      text,
      sample,
      ...quantize({ sliders: sliders[0] as number[], residual: residual[0] as number[] }),
    }
  }
}

const notReady = (name: string) =>
  new ZlideError(name, 'the decoder is still loading', 'try again in a moment')
