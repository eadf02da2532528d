import { errorMessage, isBackendError } from '../errors.ts'
import type { Sample } from '../sample.ts'
import type { Example, LatentPoint } from '../samples/index.ts'
import { type Encoding, notReady } from './encoding.ts'
import type { ExampleCoordinates } from './example-coordinates.ts'
import type { Navigation } from './navigation.ts'
import { Observed } from './observed.ts'
import type { Session } from './session.ts'
import type { LoadedModel } from './source.ts'

/** The state of what the reader entered. */
export type InputStatus =
  | { state: 'none' }
  | { state: 'reading'; name: string }
  | { state: 'read'; remark: string } // what was not read
  | { state: 'refused'; reason: string }

const NONE: InputStatus = { state: 'none' }

/** An input that is being read. */
interface Reading {
  status: InputStatus
  name: string
  encode: () => Promise<Example>
}

/** The name of a drawing. */
const DRAWING = 'your drawing'

/** The reader's own texts, files and drawings, which become examples. */
export class UserInput {
  private readonly observed: Observed<{ input: InputStatus }>
  private waiting: Reading | null = null // for the next model

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
    this.waiting = null
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

  /** Read an input again if its model went away. */
  resume(): void {
    const { waiting } = this
    this.waiting = null
    if (waiting) void this.encode(waiting)
  }

  /** Load an example from `encode`, unless the reader does something else before it is there. */
  private read(name: string, encode: () => Promise<Example>): Promise<void> {
    this.onRead()
    const status: InputStatus = { state: 'reading', name }
    this.observed.set({ input: status })
    return this.encode({ status, name, encode })
  }

  private async encode(reading: Reading): Promise<void> {
    const { model } = this.session.state
    try {
      if (!model) throw notReady(reading.name)
      await this.load(await reading.encode(), model, reading)
    } catch (error) {
      if (!this.isCurrent(reading)) return // superseded
      if (model && (isBackendError(error) || this.session.state.model !== model)) {
        this.waiting = reading
        void this.session.fail(model, error)
      } else this.observed.set({ input: { state: 'refused', reason: errorMessage(error) } })
    }
  }

  /** Load an example on the set of axes in use, which may change meanwhile. */
  private async load(example: Example, model: LoadedModel, reading: Reading): Promise<void> {
    while (this.navigation.position && this.isCurrent(reading)) {
      const { set } = this.navigation.position
      const [point] = await model.changeBasis(0, set, [example])
      if (set !== this.navigation.position?.set || !this.isCurrent(reading)) continue
      this.coordinates.add(example, set, point as LatentPoint)
      void this.navigation.load(example) // which ends the reading
    }
  }

  private isCurrent({ status }: Reading): boolean {
    return this.observed.value.input === status
  }
}
