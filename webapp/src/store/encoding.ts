import { ZlideError } from '../errors.ts'
import type { FileInput, Reading, TextInput } from '../modalities/index.ts'
import type { Sample } from '../sample.ts'
import type { Example } from '../samples/index.ts'
import { quantize } from '../view/index.ts'
import type { Session } from './session.ts'

/** The encoder of a bundle: it turns the reader's texts, files and drawings into examples. */
export class Encoding {
  constructor(private readonly session: Session) {}

  /** Encode a text. Throws a ZlideError if it cannot be read, or the encoder fails. */
  async text(text: string, input: TextInput<Sample>): Promise<Example> {
    return this.encode(text, await input.read(text))
  }

  /** Encode a file. Throws a ZlideError if it cannot be read, or the encoder fails. */
  async file(file: File, input: FileInput<Sample>): Promise<Example> {
    return this.encode(file.name, await input.read(file))
  }

  /** Encode a sample that the encoder takes as it is. */
  sample(name: string, sample: Sample): Promise<Example> {
    return this.encode(name, { sample, input: sample })
  }

  /** Return an example on the first set of axes, quantized so that a URL can hold it. */
  private async encode(text: string, { sample, input }: Reading<Sample>): Promise<Example> {
    const { model } = this.session.state
    if (!model) throw notReady(text)
    const { sliders, residual } = await model.locate(0, [await model.encode(input)])
    return {
      text,
      sample,
      ...quantize({ sliders: sliders[0] as number[], residual: residual[0] as number[] }),
    }
  }
}

/** The error of an input that comes before the model. */
export const notReady = (name: string): ZlideError =>
  new ZlideError(name, 'the decoder is still loading', 'try again in a moment')
