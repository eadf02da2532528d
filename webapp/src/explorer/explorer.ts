import { html, LitElement, nothing, type PropertyValues } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import type { BackendChoice } from '../backends.ts'
import type { AxesSet, Axis, Manifest } from '../bundle/index.ts'
import type { DecodingMode } from '../decoding-mode.ts'
import { ZlideError } from '../errors.ts'
import { count } from '../format.ts'
import type { Modality } from '../modalities/index.ts'
import { ReaderEventController } from '../reader-events.ts'
import type { Sample } from '../sample.ts'
import { distanceFromMean } from '../samples/index.ts'
import { type Address, type Change, ExplorerStore, network, type Preview } from '../store/index.ts'
import { shared, theme } from '../theme/index.ts'
import type { Endpoint, Interpolation, Position, View } from '../view/index.ts'
import './decoded.ts'
import './error-notice.ts'
import './example/example.ts'
import './sliders/sliders.ts'
import './status.ts'
import { styles } from './explorer.css.ts'
import { FileDropController } from './file-drop-controller.ts'
import { PanelsLoader } from './panels-loader.ts'
import { readerActions } from './reader-actions.ts'

/** A part of the explorer that the attribute `hide` can name. */
type Part =
  | 'header'
  | 'example'
  | 'input'
  | 'actions'
  | 'share'
  | 'status'
  | 'sampling'
  | 'traversal'
  | 'map'
  | 'interpolation'

const PREVIEWS: readonly Preview[] = ['traversal', 'map', 'interpolation']

const PANELS_FAILED =
  'Part of this page could not be loaded; reload it to see the map and the rest.'

/** `<zlide-explorer bundle="models/sentences/">`: one model, its sliders and its panels. */
@customElement('zlide-explorer')
export class Explorer extends LitElement {
  @property() bundle = ''
  @property() backend: BackendChoice = 'automatic'
  @property({ attribute: 'state' }) link = '' // the view to open, as a URL encodes it
  @property() hide: string | null = null // parts to hide, separated by spaces
  @property({ type: Number }) axes: number | null = null // sliders before “more axes”; null for the bundle's default
  @property({ attribute: false }) linkTo: ((state: string) => string) | null = null // encoded view → URL to share
  private readonly store = new ExplorerStore(network, {
    onChange: () => this.requestUpdate(),
    onDecoded: (change) => this.notify('zlide-change', change),
    onStep: (change) => this.notify('zlide-step', change),
  })
  private readonly panels = new PanelsLoader(
    () => this.requestUpdate(),
    () => this.store.remark.set(PANELS_FAILED),
  )
  private readonly drop = new FileDropController(
    this,
    () => Boolean(this.modality?.input?.file),
    (file) => void this.store.userInput.importFile(file),
  )
  protected readonly events = new ReaderEventController(this, readerActions(this.store))

  override connectedCallback() {
    super.connectedCallback()
    if (this.hasUpdated) this.store.resume() // reinserted
  }

  override disconnectedCallback() {
    super.disconnectedCallback()
    this.store.suspend()
  }

  protected override willUpdate(changed: PropertyValues<this>) {
    const isOther = !this.hasUpdated || changed.has('bundle')
    if (isOther && this.hasUpdated && !changed.has('link')) this.link = '' // it belonged to the last bundle
    if (isOther) this.store.open(() => this.address, this.link)
    else if (changed.has('link')) this.store.follow(this.link)
    if (isOther && !this.isConnected) this.store.suspend() // removed before its first update
  }

  protected override updated() {
    const { modality } = this
    const width = modality?.width() ?? null
    if (width !== null) this.style.setProperty('--tile', `${width}px`)
    if (modality && this.store.navigation.state.decoded?.milliseconds != null)
      void this.panels.load(modality)
    this.store.previews.show(
      this.panels.areLoaded ? PREVIEWS.filter((preview) => this.shows(preview)) : [],
    )
  }

  /** The bundle and the backend. Throws a ZlideError if the attribute is missing. */
  private get address(): Address {
    const { bundle, backend } = this
    if (bundle) return { base: new URL(bundle.replace(/\/?$/, '/'), document.baseURI), backend }
    throw new ZlideError(
      '<zlide-explorer>',
      'expected the attribute bundle, found none',
      'add bundle="models/sentences/"',
      { permanent: true },
    )
  }

  private get modality(): Modality | null {
    return this.store.session.state.modality
  }

  private notify(event: 'zlide-change' | 'zlide-step', detail: Change) {
    this.dispatchEvent(new CustomEvent(event, { bubbles: true, composed: true, detail }))
  }

  /** Return the URLs that the worker fetched. */
  async fetched(): Promise<readonly string[]> {
    return (await this.store.session.state.model?.fetched()) ?? []
  }

  /** Make the view a step that can be undone. */
  commit(): void {
    this.store.navigation.commit()
  }

  private shows(part: Part): boolean {
    return !(this.hide ?? '').split(/\s+/).includes(part)
  }

  /** Return the URL to share. */
  private readonly getLink = () =>
    (this.linkTo ?? this.linkToSite.bind(this))(this.store.encodedView)

  /** Return the URL of a view on the site that holds the bundle, as `zlide build` lays it out. */
  private linkToSite(state: string): string {
    const site = new URL('../..', this.address.base)
    const name = this.bundle.split('/').filter(Boolean).at(-1) ?? ''
    site.hash = state ? `${name}?${state}` : name
    return site.href
  }

  protected override render() {
    const { manifest, modality, error } = this.store.session.state
    const { view, decoded } = this.store.navigation.state
    const notice =
      error === null ? null : html`<zlide-error-notice .error=${error}></zlide-error-notice>`
    if (!manifest || !modality || !view || !decoded)
      return notice ?? html`<p class="quiet">Opening…</p>`
    const sample = this.store.navigation.isPosterStale ? null : decoded.sample
    const isTiled = modality.layout === 'tiles'
    return html`
      <div id="all" class=${this.drop.isOver ? 'dragged' : ''}
        @dragover=${this.drop.onDragOver} @dragleave=${this.drop.onDragLeave} @drop=${this.drop.onDrop}>
        ${this.shows('header') ? this.renderHeader(manifest, modality) : nothing}
        ${this.renderRemark()}
        <div id="columns" class="${modality.layout} ${this.shows('example') ? '' : 'two'}">
          ${this.shows('example') ? this.renderExample(view.position, modality) : nothing}
          ${this.renderSliders(manifest, view.position)}
          <div id="third">
            <zlide-decoded class=${isTiled ? 'tile' : ''} .modality=${modality} .sample=${sample} .example=${decoded.example.sample}>
              ${notice ?? this.renderStatus(decoded.milliseconds)}
            </zlide-decoded>
            <div id="below">
              ${isTiled ? nothing : this.renderTraversal(view.position, decoded.sample)}
              ${this.renderTools(manifest, modality, view.decoding, decoded.sample)}
            </div>
          </div>
        </div>
        ${this.panels.areLoaded ? [this.renderPanels(manifest, modality, view), this.renderStickyPreview(sample)] : nothing}
      </div>
    `
  }

  private renderRemark() {
    const remark = this.store.remark.text
    return remark ? html`<p id="remark" class="quiet" role="status">${remark}</p>` : nothing
  }

  private renderHeader({ title, latent_size: latentSize }: Manifest, { noun, verb }: Modality) {
    return html`<header>
      <h2>${title}</h2>
      <p>Behind this ${noun} ${latentSize === 1 ? 'is' : 'are'} ${count(latentSize, 'number')}. Drag a slider and the network ${verb} it.</p>
    </header>`
  }

  private renderExample(position: Position, modality: Modality) {
    const { session, navigation, userInput } = this.store
    return html`<zlide-example
      .modality=${modality}
      .example=${position.example}
      .examples=${session.state.examples}
      .inputStatus=${userInput.status}
      .input=${this.shows('input') ? modality.input : null}
      .canDraw=${this.panels.isComplete(modality)}
      .canUndo=${navigation.canUndo}
    ></zlide-example>`
  }

  private renderSliders(manifest: Manifest, position: Position) {
    const { session, navigation } = this.store
    return html`<zlide-sliders
      .sets=${manifest.axes}
      .position=${position}
      .count=${this.axes}
      .fixed=${session.state.model === null}
      .bare=${!this.shows('actions')}
      .canUndo=${navigation.canUndo}
      .canRedo=${navigation.canRedo}
    ></zlide-sliders>`
  }

  /** Share and sampling, under the decoded sample. */
  private renderTools(
    { name }: Manifest,
    modality: Modality,
    mode: DecodingMode,
    sample: Sample | null,
  ) {
    const share = this.shows('share')
    const sampling = this.shows('sampling') && modality.hasSampling
    if (!this.panels.areLoaded || !(share || sampling)) return nothing
    return html`<div id="tools">
      ${share ? html`<zlide-share-bar .modality=${modality} .sample=${sample} .getLink=${this.getLink} name=${name}></zlide-share-bar>` : nothing}
      ${sampling ? html`<zlide-sampling .mode=${mode}></zlide-sampling>` : nothing}
    </div>`
  }

  private renderStatus(milliseconds: number | null) {
    const { model, progress, choices, failedBackend } = this.store.session.state
    if (!this.shows('status') && model) return nothing
    return html`<zlide-status
      .progress=${progress}
      .backend=${model?.backend ?? null}
      .milliseconds=${milliseconds}
      .choices=${choices}
      .failedBackend=${failedBackend}
    ></zlide-status>`
  }

  /** The traversal of one axis: beside the sliders for lines of text, below them for tiles. */
  private renderTraversal({ sliders }: Position, sample: Sample | null) {
    const { axis, state } = this.store.previews
    const set = this.store.navigation.axes
    if (!set || !this.panels.areLoaded || !this.shows('traversal')) return nothing
    return html`<zlide-traversal
      .modality=${this.modality}
      .axis=${set.axes[axis] as Axis}
      .index=${axis}
      .range=${set.range}
      .value=${sliders[axis] ?? 0}
      .sample=${sample}
      .samples=${state.traversal}
    ></zlide-traversal>`
  }

  private renderStickyPreview(sample: Sample | null) {
    return html`<zlide-sticky-preview .modality=${this.modality} .sample=${sample} .target=${this.renderRoot.querySelector('zlide-decoded')}></zlide-sticky-preview>`
  }

  private renderPanels(manifest: Manifest, { layout }: Modality, view: View) {
    const { decoded } = this.store.navigation.state
    const { length } = this.store.session.state.examples
    const set = manifest.axes[view.position.set] as AxesSet
    return html`<div id="panels" class=${layout}>
      ${layout === 'tiles' ? this.renderTraversal(view.position, decoded?.sample ?? null) : nothing}
      ${this.shows('map') && set.axes.length > 1 ? this.renderMap(manifest, set, view) : nothing}
      ${this.shows('interpolation') && length > 1 ? this.renderInterpolation(view.interpolation) : nothing}
    </div>`
  }

  private renderMap(manifest: Manifest, set: AxesSet, { position, mapAxes }: View) {
    const { session, previews } = this.store
    return html`<zlide-map
      .set=${set}
      .sliders=${position.sliders}
      .points=${previews.state.points}
      .examples=${previews.landmarks}
      .current=${session.state.examples.indexOf(position.example)}
      .axes=${mapAxes}
      .distance=${distanceFromMean(manifest, position.set, position.sliders)}
    ></zlide-map>`
  }

  private renderInterpolation({ a, b, t, shape }: Interpolation) {
    const { session, previews } = this.store
    return html`<zlide-interpolation
      .modality=${this.modality}
      .examples=${session.state.examples}
      .a=${this.describeEnd(a)}
      .b=${this.describeEnd(b)}
      .t=${t}
      .shape=${shape}
      .samples=${previews.state.interpolation}
    ></zlide-interpolation>`
  }

  private describeEnd(end: Endpoint | null) {
    if (!end) return null
    const example = end.example === null ? null : this.store.session.state.examples[end.example]
    return { label: example?.text ?? 'here', sample: example?.sample ?? null }
  }

  static override styles = [theme, shared, styles]
}
