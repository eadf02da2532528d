import type { Manifest } from '../bundle/index.ts'
import type { Modality } from '../modalities/index.ts'
import { encodeView, type View } from '../view/index.ts'
import { AxesSelection } from './axes-selection.ts'
import { Encoding } from './encoding.ts'
import { ExampleCoordinates } from './example-coordinates.ts'
import { Links } from './links.ts'
import { Morph } from './morph.ts'
import { Navigation } from './navigation.ts'
import { Previews } from './previews.ts'
import { Remark } from './remark.ts'
import { type Address, Session } from './session.ts'
import type { Source } from './source.ts'
import { UserInput } from './user-input.ts'

/** The detail of `zlide-change` and `zlide-step`. */
export interface Change {
  state: string // the view, as a URL encodes it
  sliders: readonly number[] // (K), in σ
  text: string | null // the sentence; null for samples that are not text
}

/** The reports of a store to the element that shows it. */
export interface StoreListener {
  onChange(): void // something to show is different
  onDecoded(change: Change): void
  onStep(change: Change): void
}

/**
 * The state and the actions of an explorer, without elements.
 *
 * Each part knows only the parts before it. Reports to later parts are connected here.
 */
export class ExplorerStore {
  readonly session: Session
  readonly navigation: Navigation
  readonly axesSelection: AxesSelection
  readonly links: Links
  readonly userInput: UserInput
  readonly previews: Previews
  readonly coordinates: ExampleCoordinates
  readonly morph: Morph
  readonly remark: Remark
  private openingLink = ''

  constructor(source: Source, listener: StoreListener) {
    const { onChange } = listener
    this.session = new Session(
      source,
      {
        onManifest: (manifest, modality) => this.navigation.showPoster(manifest, modality),
        onExamples: () => this.onExamples(),
        onModel: () => this.onModel(),
        onModelGone: () => this.links.suspend(),
      },
      onChange,
    )
    this.remark = new Remark(onChange)
    this.coordinates = new ExampleCoordinates(this.session, onChange)
    this.morph = new Morph(this.session, () => this.previews.decode())
    this.navigation = new Navigation(
      this.session,
      this.coordinates,
      this.morph,
      {
        onMove: () => this.links.drop(),
        onReplace: () => this.onReplace(),
        onLoad: () => {
          this.links.drop()
          this.userInput.clear()
        },
        onDecode: () => this.previews.decode(),
        onDecoded: (view) => this.notify(view, (change) => listener.onDecoded(change)),
        onStep: (view) => {
          this.links.closeOpening()
          this.notify(view, (change) => listener.onStep(change))
        },
      },
      onChange,
    )
    this.axesSelection = new AxesSelection(this.session, this.coordinates, this.navigation, () =>
      this.links.drop(),
    )
    const encoding = new Encoding(this.session)
    this.links = new Links(
      this.session,
      this.coordinates,
      this.morph,
      this.navigation,
      encoding,
      this.remark,
      () => this.dropRequests(),
    )
    this.userInput = new UserInput(
      this.session,
      this.coordinates,
      this.navigation,
      encoding,
      () => {
        this.links.drop()
        this.navigation.dropLoading()
      },
      onChange,
    )
    this.previews = new Previews(
      this.session,
      this.coordinates,
      this.morph,
      this.navigation,
      source,
      this.remark,
      onChange,
    )
  }

  /** Open a bundle in place of the last one, with the view of a link, or with its first example. */
  open(getAddress: () => Address, link: string): void {
    for (const part of [
      this.navigation,
      this.links,
      this.userInput,
      this.previews,
      this.coordinates,
      this.morph,
      this.axesSelection,
    ])
      part.clear()
    this.remark.set(null)
    this.openingLink = link
    void this.session.open(getAddress)
  }

  /** Stop all work until `resume`. A link that is being resolved waits. */
  suspend(): void {
    this.navigation.pause()
    this.navigation.dropLoading()
    this.userInput.cancel()
    this.session.close()
  }

  /** Open the same bundle again at the reader's position. */
  resume(): void {
    void this.session.reopen()
  }

  /** Follow a link, now or when the examples have arrived. */
  follow(link: string): void {
    if (this.navigation.state.history) this.links.follow(link)
    else this.openingLink = link
  }

  /** The view as a URL encodes it; empty before the manifest arrives. */
  get encodedView(): string {
    const { view } = this.navigation.state
    return view && this.session.state.manifest ? this.encode(view) : ''
  }

  private onExamples(): void {
    this.navigation.begin(this.session.state.examples)
    this.links.openWith(this.openingLink)
  }

  private onModel(): void {
    if (!this.links.resume()) this.navigation.decode()
    this.userInput.resume()
  }

  private onReplace(): void {
    this.links.drop()
    this.dropRequests()
  }

  /** Drop what the reader asked for before a link, undo or redo, and what has not arrived. */
  private dropRequests(): void {
    this.navigation.dropLoading()
    this.userInput.cancel()
    this.axesSelection.clear()
  }

  private encode(view: View): string {
    const { manifest, modality, examples } = this.session.state
    return encodeView(view, {
      manifest: manifest as Manifest,
      modality: modality as Modality,
      examples,
    })
  }

  private notify(view: View, report: (change: Change) => void): void {
    const { history, decoded } = this.navigation.state
    if (!history) return
    report({
      state: this.encode(view),
      sliders: view.position.sliders,
      text: (decoded?.sample && this.session.state.modality?.textOf(decoded.sample)) ?? null,
    })
  }
}
