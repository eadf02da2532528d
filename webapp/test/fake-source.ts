// A bundle and a model that answer when a test lets them, to try every order of events.

import type { BackendChoices, BackendName } from '../src/backends.ts'
import type { Manifest, Progress, Tokens } from '../src/bundle/index.ts'
import type { DecodingMode } from '../src/decoding-mode.ts'
import { createImage } from '../src/modalities/image/index.ts'
import type { Input, Modality } from '../src/modalities/modality.ts'
import { createText } from '../src/modalities/text/index.ts'
import type { Sentence } from '../src/modalities/text/sentence.ts'
import { describeUnread, parseSentence } from '../src/modalities/text/typed-sentence.ts'
import type { Example, LatentPoint } from '../src/samples/index.ts'
import type { LoadedModel, Source } from '../src/store/source.ts'

/** A promise that a test keeps. */
export class Deferred<T> {
  resolve!: (value: T) => void
  reject!: (error: unknown) => void
  readonly promise = new Promise<T>((resolve, reject) => {
    this.resolve = resolve
    this.reject = reject
  })
}

/** Calls that wait for the test, the earliest first. */
export class Gate {
  private isClosed = false
  private waiting: Deferred<void>[] = []

  /** Make later calls wait. */
  close(): void {
    this.isClosed = true
  }

  /** Let the earliest call go on, or fail. */
  next(error?: unknown): void {
    const call = this.waiting.shift()
    if (!call) throw new Error('no call is waiting')
    if (error === undefined) call.resolve()
    else call.reject(error)
  }

  /** Let the latest call go on before the others. */
  last(): void {
    this.waiting.pop()?.resolve()
  }

  /** Let all calls that wait fail. */
  fail(error: unknown): void {
    while (this.waiting.length) this.next(error)
  }

  open(): void {
    this.isClosed = false
    while (this.waiting.length) this.next()
  }

  get count(): number {
    return this.waiting.length
  }

  async pass(): Promise<void> {
    if (!this.isClosed) return
    const call = new Deferred<void>()
    this.waiting.push(call)
    await call.promise
  }
}

/** What a fake model was asked to decode. */
interface Request {
  set: number
  sliders: number[][]
  mode: DecodingMode | undefined
}

/**
 * A model whose z is its sliders on the first set of axes plus the residual.
 *
 * On set s the sliders are s + 1 times as large. A decoded sentence has one word: its sliders.
 */
export class FakeModel implements LoadedModel {
  readonly requests: Request[] = []
  readonly decoding = new Gate()
  readonly computing = new Gate() // everything but decoding
  closed = false

  constructor(public backend: BackendName) {}

  async decode(set: number, sliders: number[][], residual: number[][], mode?: DecodingMode) {
    this.requests.push({ set, sliders, mode })
    await this.decoding.pass()
    return {
      samples: sliders.map((row): Sentence => ({ kind: 'text', words: [String(row)] })),
      z: sliders.map((row, i) => toZ(set, row, residual[i] as number[])),
      milliseconds: 1,
    }
  }

  /** The first and the last token. */
  async encode(input: Parameters<LoadedModel['encode']>[0]): Promise<number[]> {
    await this.computing.pass()
    return 'kind' in input ? [0.5, 0.25] : [input[0] ?? 0, input.at(-1) ?? 0]
  }

  async toZ(set: number, sliders: number[][], residual: number[][]): Promise<number[][]> {
    await this.computing.pass()
    return sliders.map((row, i) => toZ(set, row, residual[i] as number[]))
  }

  async locate(set: number, z: number[][]) {
    await this.computing.pass()
    return {
      sliders: z.map((row) => row.map((value) => value * (set + 1))),
      residual: z.map((row) => row.map(() => 0)),
    }
  }

  async changeBasis(
    from: number,
    to: number,
    points: readonly LatentPoint[],
  ): Promise<LatentPoint[]> {
    await this.computing.pass()
    return points.map(({ sliders, residual }) => ({
      sliders: sliders.map((value) => (value / (from + 1)) * (to + 1)),
      residual,
    }))
  }

  tensors = async () => 0
  fetched = async () => []
  switchTo() {
    throw new Error('a store never switches a model by itself')
  }
  close() {
    this.closed = true
    for (const gate of [this.decoding, this.computing]) gate.fail(new Error('it was closed'))
  }
}

const toZ = (set: number, sliders: readonly number[], residual: readonly number[]) =>
  sliders.map((value, i) => value / (set + 1) + (residual[i] as number))

const axesSet = (name: string) => ({ name, range: 3, default_count: 2, axes: [{}, {}] })

const SIZE = { height: 1, width: 1, channels: 1 } as const

/** A manifest with three sets of two axes, and an encoder of the decoder's kind. */
export const manifestOf = (name: string, kind: 'text' | 'image' = 'text'): Manifest =>
  ({
    name,
    latent_size: 2,
    decoder: { kind, size: SIZE },
    encoder: { kind, size: SIZE },
    tokens: { vocabulary: 'vocabulary.txt', begin: 0, end: 1, lower: true, max_length: 8 },
    axes: [axesSet('pca'), axesSet('raw'), axesSet('other')],
    examples: 'examples.json',
    probe: 'probe.safetensors',
    posters: [],
    files: [],
  }) as unknown as Manifest

export const EXAMPLES: readonly Example[] = [
  { text: 'one', sliders: [1, 0], residual: [0, 0], sample: null },
  { text: 'two', sliders: [0, 2], residual: [0, 0.5], sample: null },
  { text: 'three', sliders: [-1, 1], residual: [0, 0], sample: null },
]

/** A vocabulary of three words, which is there at once. */
const VOCABULARY = new Map(
  ['<begin>', '<end>', 'rain', 'sun', 'wind'].map((word, id) => [word, id]),
)

const inputOf = ({ tokens }: Manifest): Input<Sentence> => ({
  text: {
    label: '',
    placeholder: '',
    maxLength: 1000,
    async read(text) {
      const { ids, words, source } = parseSentence(text, VOCABULARY, tokens as Tokens)
      return { input: ids, sample: { kind: 'text', words, source } }
    },
  },
  file: null,
  drawing: null,
  describeUnread: ({ source }) => (source?.kind === 'typed' ? describeUnread(source) : ''),
})

/** A network whose files and models wait for the test where it closes a gate. */
export class FakeSource implements Source {
  readonly manifests = new Gate()
  readonly examples = new Gate()
  readonly points = new Gate()
  readonly opening = new Gate()
  readonly models: FakeModel[] = []
  readonly backends: BackendName[] = [] // of the models that were opened
  readonly pointsFetched: number[] = []
  readonly selections: {
    onChoices: (choices: BackendChoices) => void
    onSwitch: () => void
    isForgotten: boolean
  }[] = []
  onProgress: ((progress: Progress) => void)[] = []
  examplesFetched = 0
  closesComputing = false // of the next model
  failsSelection = false
  sha256 = 'one' // of a file
  kind: 'text' | 'image' = 'text'

  /** The model that was opened last. */
  get model(): FakeModel {
    return this.models.at(-1) as FakeModel
  }

  async fetchManifest(base: URL) {
    await this.manifests.pass()
    const { sha256 } = this
    const files = [{ path: 'decoder/model.json', bytes: 1, sha256 }]
    return { ...manifestOf(base.pathname, this.kind), files }
  }

  async fetchExamples() {
    this.examplesFetched += 1
    await this.examples.pass()
    return [...EXAMPLES]
  }

  async fetchPoints(_base: URL, _manifest: Manifest, set: number) {
    this.pointsFetched.push(set)
    await this.points.pass()
    return Float32Array.of(set)
  }

  async loadModality(manifest: Manifest, base: URL): Promise<Modality> {
    return this.kind === 'image'
      ? createImage(manifest)
      : { ...createText(manifest, base), input: inputOf(manifest) }
  }

  async openModel(
    _base: URL,
    _manifest: Manifest,
    backend: BackendName,
    onProgress: (progress: Progress) => void,
  ) {
    this.backends.push(backend)
    this.onProgress.push(onProgress)
    const model = new FakeModel(backend)
    await this.opening.pass()
    if (this.closesComputing) model.computing.close()
    this.models.push(model)
    return model
  }

  async selectBackend(
    _base: URL,
    _manifest: Manifest,
    _model: LoadedModel,
    _parity: unknown,
    onChoices: (choices: BackendChoices) => void,
    onSwitch: () => void,
  ) {
    if (this.failsSelection) throw new Error('backend-selector.js: cannot be loaded')
    const selection = { onChoices, onSwitch, isForgotten: false }
    this.selections.push(selection)
    return {
      forget: () => {
        selection.isForgotten = true
      },
    }
  }
}
