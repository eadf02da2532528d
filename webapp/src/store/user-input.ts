import { errorMessage, isBackendError } from '../errors.ts'
import type { Sample } from '../sample.ts'
import type { Example, LatentPoint } from '../samples/index.ts'
import { type Encoding, notReady } from './encoding.ts'
import type { ExampleCoordinates } from './example-coordinates.ts'
import type { Navigation } from './navigation.ts'
import { Observed } from './observed.ts'
import type { Session } from './session.ts'

/** The state of what the reader entered. */
export type InputStatus =
  | { state: 'none' }
  | { state: 'reading'; name: string }
  | { state: 'read'; remark: string } // what was not read
  | { state: 'refused'; reason: string }

const NONE: InputStatus = { state: 'none' }

/** The name of a drawing. */
const DRAWING = 'your drawing'

/** The reader's own texts, files and drawings, which become examples. */
export class UserInput {
  private readonly observed: Observed<{ input: InputStatus }>

  constructor(
    private readonly session: Session,
    private readonly coordinates: ExampleCoordinates,
    private readonly navigation: Navigation,
    private readonly encoding: Encoding,
    private readonly onRead: () => void,
    onChange: () => void,
  ) {
    this.observed = new Observed<{ input: InputStatus }>({ input: NONE }, onChange)
  }

  /** The status of the reader's input, or what was not read of the current example. */
  get status(): InputStatus {
    const { input } = this.observed.value
    const { modality } = this.session.state
    const sample = this.navigation.position?.example.sample
    const remark = (sample && modality?.input?.describeUnread(sample)) ?? ''
    return input.state === 'none' && remark ? { state: 'read', remark } : input
  }

  /** Forget the last input, and one that is being read. */
  clear(): void {
    this.observed.set({ input: NONE })
  }

  /** Drop an input that is being read. A refusal stays. */
  cancel(): void {
    if (this.observed.value.input.state === 'reading') this.clear()
  }

  /** Load a file as the example. A file that cannot be read changes nothing. */
  async importFile(file: File): Promise<void> {
    const input = this.session.state.modality?.input?.file
    if (input) await this.read(file.name, () => this.encoding.file(file, input))
  }

  /** Load a drawing as the example. */
  importDrawing(sample: Sample): Promise<void> {
    return this.read(DRAWING, () => this.encoding.sample(DRAWING, sample))
  }

  /** Load a text as the example. */
  async importText(text: string): Promise<void> {
    const input = this.session.state.modality?.input?.text
    if (input) await this.read(text, () => this.encoding.text(text, input))
  }

  /** Load an example from `encode`, unless the reader does something else before it is there. */
  private async read(name: string, encode: () => Promise<Example>): Promise<void> {
    this.onRead()
    const reading: InputStatus = { state: 'reading', name }
    this.observed.set({ input: reading })
    const { model } = this.session.state
    const isCurrent = () => this.observed.value.input === reading
    try {
      if (!model) throw notReady(name)
      const example = await encode()
      while (this.navigation.position && isCurrent()) {
        const { set } = this.navigation.position
        const [point] = await model.changeBasis(0, set, [example])
        if (set !== this.navigation.position?.set || !isCurrent()) continue
        this.coordinates.add(example, set, point as LatentPoint)
        void this.navigation.load(example) // which ends the reading
      }
    } catch (error) {
      if (!isCurrent()) return // superseded
      if (model && isBackendError(error)) {
        await this.session.fail(model, error)
        return isCurrent() ? this.read(name, encode) : undefined
      }
      this.observed.set({ input: { state: 'refused', reason: errorMessage(error) } })
    }
  }
}
