import type { TemplateResult } from 'lit'
import type { Manifest } from '../bundle/index.ts'
import type { EncoderInput, Sample } from '../sample.ts'
import type { Example, SampleReader } from '../samples/index.ts'

/**
 * The page's part of one kind of output, for one bundle.
 *
 * Elements ask it for everything that depends on the kind. A template is rendered inside an element
 * of the explorer; a kind that needs styles of its own renders an element of its own.
 */
export interface Modality<S extends Sample = Sample> extends SampleReader<S> {
  readonly noun: string // a sample, in a sentence: "picture"
  readonly verb: string // what the decoder does to it while a slider moves: "redraws"
  readonly layout: Layout
  readonly hasSampling: boolean // whether it can be drawn at random
  readonly parity: Parity<S> | null // null if it stays on WebAssembly
  readonly saving: Saving<S> | null // null if it is not saved as a file
  readonly input: Input<S> | null // null if the bundle has no encoder

  /** Load what the first screen does not need. */
  loadLater?(): Promise<unknown>

  /** Return the width of a sample in CSS pixels; null if it takes what its column has. */
  width(): number | null

  /** Return a sample as plain text; null if it has none. */
  textOf(sample: S): string | null

  /** Describe how a sample differs from the example; empty if they cannot be compared. */
  describeDifference(sample: S, example: Sample): string

  /** Render the decoded sample; null while it is not known. */
  renderDecoded(sample: S | null): TemplateResult

  /** Render an example, large. */
  renderExample(example: Example): TemplateResult

  /** Render a sample in a row or as a tile, with what differs from `reference` marked. */
  renderSmall(sample: S | null, reference?: S | null): TemplateResult | null
}

/** Lines of text, one below the other; or tiles of one width, side by side. */
export type Layout = 'lines' | 'tiles'

/** How a sample of another backend is compared with the probe. */
export interface Parity<S extends Sample> {
  readonly tensor: string // in the probe, (N, …): what PyTorch decoded

  /** Return whether a sample equals the values of its row, up to the rounding of a backend. */
  isEqual(sample: S, expected: readonly number[]): boolean
}

/** A button that saves a sample as a file. */
export interface Saving<S extends Sample> {
  readonly label: string
  readonly message: string // when it is done
  readonly suffix: string // of the file's name
  toBlob(sample: S): Promise<Blob>
}

/** An input of the reader, read for the encoder. */
export interface Reading<S extends Sample> {
  sample: S
  input: EncoderInput
}

/** The ways to enter an example; null for those that the encoder does not read. */
export interface Input<S extends Sample> {
  readonly text: TextInput<S> | null
  readonly file: FileInput<S> | null
  readonly drawing: DrawingInput | null

  /** Describe what the encoder did not read of an input; empty if it read everything. */
  describeUnread(sample: S): string
}

/** A text field. A link holds the text. */
export interface TextInput<S extends Sample> {
  readonly label: string
  readonly placeholder: string
  readonly maxLength: number // UTF-16 code units

  /** Read a text. Throws a ZlideError if it cannot be encoded. */
  read(text: string): Promise<Reading<S>>
}

/** A button that opens a file, and a place to drop one. */
export interface FileInput<S extends Sample> {
  readonly label: string
  readonly accept: string // MIME types

  /** Read a file. Throws a ZlideError if it cannot be encoded. */
  read(file: File): Promise<Reading<S>>
}

/** A button that makes the example a canvas. */
export interface DrawingInput {
  readonly label: string
  readonly fits: boolean // whether the encoder takes samples of the decoder's size
  render(drawing: Drawing): TemplateResult
}

/** The state of a drawing. A finished stroke is reported as `drawing-enter`. */
export interface Drawing {
  sample: Sample | null // the background
  examples: readonly Example[]
  isReading: boolean // the encoder reads the drawing
  isRefused: boolean // the encoder failed; the drawing stays
  canUndo: boolean
}

/** Makes the modality of the bundle at `base`. */
export type CreateModality = (manifest: Manifest, base: URL) => Modality
