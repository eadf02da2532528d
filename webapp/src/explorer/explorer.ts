import { html, nothing, type PropertyValues } from 'lit'
import { customElement, property, state } from 'lit/decorators.js'
import type { Axis, Manifest } from '../bundle/index.ts'
import type { DecodingMode } from '../decoding-mode.ts'
import { count } from '../format.ts'
import type { Modality } from '../modalities/index.ts'
import type { Sample } from '../sample.ts'
import { distanceFromMean, type Example } from '../samples/index.ts'
import { shared, theme } from '../theme/index.ts'
import {
  type Endpoint,
  move,
  type Position,
  randomize,
  randomOtherExample,
  reset,
} from '../view/index.ts'
import './decoded.ts'
import './error-notice.ts'
import './example/example.ts'
import './sliders/sliders.ts'
import './status.ts'
import { styles } from './explorer.css.ts'
import { Previews } from './previews.ts'

/** The input of a model without an encoder. */
const NO_INPUT = { text: null, file: null, drawing: null }

/** `<zlide-explorer bundle="models/sentences/">`: one model, its sliders and its panels. */
@customElement('zlide-explorer')
export class Explorer extends Previews {
  @property({ type: Number }) axes: number | null = null // sliders before “more axes”; null for the bundle's default
  @property({ attribute: false }) linkTo: ((state: string) => string) | null = null // encoded view → URL to share
  @state() private isDraggedOver = false // by a file

  // Handlers are bound once. A new function at every render would render every slider again,
  // which would discard what the reader types into a field.
  private readonly onLoadAnother = () =>
    this.position && this.loadExample(randomOtherExample(this.examples, this.position.example))
  private readonly onSelectExample = this.loadExample.bind(this)
  private readonly onFile = (file: File) => void this.importFile(file)
  private readonly onSentence = (text: string) => void this.importSentence(text)
  private readonly onSelectAxes = (set: number) => void this.selectAxes(set)
  private readonly onInput = (axis: number, value: number) =>
    this.changePosition((position) => move(position, axis, value))
  private readonly onRandomize = () => {
    this.changePosition((position) =>
      randomize(position, this.manifest?.axes[position.set]?.range ?? 0),
    )
    this.commit()
  }
  private readonly onReset = () => {
    this.changePosition(reset)
    this.commit()
  }
  private readonly onRetry = () => this.open()
  private readonly onMode = (writing: DecodingMode) =>
    this.changeView((view) => ({ ...view, decoding: writing }))
  private readonly getLink = () =>
    this.linkTo ? this.linkTo(this.encodedView) : this.linkToSite(this.encodedView)
  private readonly onSelectFrame = (value: number) => {
    this.onInput(this.axis, value)
    this.commit()
  }
  private readonly onMapInput = ([x, y]: readonly [number, number]) => {
    const { mapAxes } = this.view ?? { mapAxes: [0, 1] as const }
    this.changePosition((position) => move(move(position, mapAxes[0], x), mapAxes[1], y))
  }
  private readonly onSelectMapAxes = (across: readonly [number, number]) => {
    this.changeView((view) => ({ ...view, mapAxes: across }))
    this.commit()
  }
  private readonly onSelectLandmark = (index: number) =>
    this.loadExample(this.examples[index] as Example)
  private readonly onSwapEnds = () => {
    const { interpolation } = this.view ?? {}
    if (interpolation)
      void this.setEnds({
        ...interpolation,
        a: interpolation.b,
        b: interpolation.a,
        t: interpolation.t === null ? null : 1 - interpolation.t,
      })
  }
  private readonly onSelectShape = (shape: 'linear' | 'spherical') => {
    if (this.view) void this.setEnds({ ...this.view.interpolation, shape })
  }

  /** Return the URL of a view on the site that holds the bundle, as `zlide build` lays it out. */
  private linkToSite(state: string): string {
    const site = new URL('../..', this.base)
    const name = this.bundle.split('/').filter(Boolean).at(-1) ?? ''
    site.hash = state ? `${name}?${state}` : name
    return site.href
  }

  private onDragOver(event: DragEvent) {
    if (!this.modality?.input?.file || !event.dataTransfer?.types.includes('Files')) return
    event.preventDefault() // otherwise the browser opens the file
    this.isDraggedOver = true
  }

  private onDragLeave(event: DragEvent) {
    const { currentTarget, relatedTarget } = event
    this.isDraggedOver = (currentTarget as Node).contains(relatedTarget as Node | null)
  }

  private onDrop(event: DragEvent) {
    if (!this.isDraggedOver) return
    event.preventDefault()
    this.isDraggedOver = false
    const [file] = event.dataTransfer?.files ?? []
    if (file) this.onFile(file)
  }

  protected override updated(changed: PropertyValues<this>) {
    super.updated(changed)
    const width = this.modality?.width() ?? null
    if (width !== null) this.style.setProperty('--tile', `${width}px`)
    if (this.decoded?.milliseconds != null) void this.loadPanels()
  }

  protected override render() {
    const { manifest, modality, view, decoded, error, remark } = this
    const notice =
      error === null
        ? null
        : html`<zlide-error-notice .error=${error} .onRetry=${this.onRetry}></zlide-error-notice>`
    const sample = this.isPosterStale ? null : (decoded?.sample ?? null)
    if (!manifest || !modality || !view || !decoded)
      return notice ?? html`<p class="quiet">Opening…</p>`
    const isTiled = modality.layout === 'tiles'
    return html`
      <div id="all" class=${this.isDraggedOver ? 'dragged' : ''}
        @dragover=${this.onDragOver} @dragleave=${this.onDragLeave} @drop=${this.onDrop}>
        ${this.shows('header') ? this.renderHeader(manifest, modality) : nothing}
        ${remark ? html`<p id="remark" class="quiet" role="status">${remark}</p>` : nothing}
        <div id="columns" class="${modality.layout} ${this.shows('example') ? '' : 'two'}">
          ${this.shows('example') ? this.renderExample(view.position, modality) : nothing}
          ${this.renderSliders(view.position)}
          <div id="third">
            <zlide-decoded class=${isTiled ? 'tile' : ''} .modality=${modality} .sample=${sample} .example=${decoded.example.sample}>
              ${notice ?? this.renderStatus(decoded.milliseconds)}
            </zlide-decoded>
            <div id="below">
              ${isTiled ? nothing : this.renderTraversal(view.position, decoded.sample)}
              ${this.renderTools(view.decoding, decoded.sample)}
            </div>
          </div>
        </div>
        ${this.hasPanels ? [this.renderPanels(), this.renderStickyPreview(sample)] : nothing}
      </div>
    `
  }

  private renderHeader({ title, latent_size: latentSize }: Manifest, { noun, verb }: Modality) {
    return html`<header>
      <h2>${title}</h2>
      <p>Behind this ${noun} ${latentSize === 1 ? 'is' : 'are'} ${count(latentSize, 'number')}. Drag a slider and the network ${verb} it.</p>
    </header>`
  }

  private renderExample(position: Position, modality: Modality) {
    const { text, file, drawing } = (this.shows('input') && modality.input) || NO_INPUT
    return html`<zlide-example
      .modality=${modality}
      .example=${position.example}
      .examples=${this.examples}
      .inputStatus=${this.inputStatus}
      .onLoadAnother=${this.onLoadAnother}
      .onSelect=${this.onSelectExample}
      .onFile=${file && this.onFile}
      .onSentence=${text && this.onSentence}
      .onUndo=${this.canUndo ? this.undo : null}
      .onDraw=${this.hasPanels && drawing?.fits ? this.importDrawing : null}
    ></zlide-example>`
  }

  private renderSliders(position: Position) {
    return html`<zlide-sliders
      .sets=${this.manifest?.axes}
      .position=${position}
      .count=${this.axes}
      .fixed=${this.model === null}
      .bare=${!this.shows('actions')}
      .onSelectAxes=${this.onSelectAxes}
      .onInput=${this.onInput}
      .onCommit=${this.commitSoon}
      .onHover=${this.onHover}
      .onRandomize=${this.onRandomize}
      .onReset=${this.onReset}
      .onUndo=${this.canUndo ? this.undo : null}
      .onRedo=${this.canRedo ? this.redo : null}
    ></zlide-sliders>`
  }

  /** Share and sampling, under the decoded sample. */
  private renderTools(writing: DecodingMode, sample: Sample | null) {
    const share = this.shows('share')
    const sampling = this.shows('sampling') && this.modality?.hasSampling
    if (!this.hasPanels || !(share || sampling)) return nothing
    return html`<div id="tools">
      ${share ? html`<zlide-share-bar .modality=${this.modality} .sample=${sample} .getLink=${this.getLink} name=${this.manifest?.name ?? ''}></zlide-share-bar>` : nothing}
      ${sampling ? html`<zlide-sampling .mode=${writing} .onInput=${this.onMode} .onCommit=${this.commitSoon}></zlide-sampling>` : nothing}
    </div>`
  }

  private renderStatus(milliseconds: number | null) {
    if (!this.shows('status') && this.model) return nothing
    return html`<zlide-status
      .progress=${this.progress}
      .backend=${this.model?.backend ?? null}
      .milliseconds=${milliseconds}
      .choices=${this.choices}
      .failedBackend=${this.failedBackend}
    ></zlide-status>`
  }

  /** The traversal of one axis: beside the sliders for lines of text, below them for tiles. */
  private renderTraversal({ sliders }: Position, sample: Sample | null) {
    const { set, axis } = this
    if (!set || !this.hasPanels || !this.shows('traversal')) return nothing
    return html`<zlide-traversal
      .modality=${this.modality}
      .axis=${set.axes[axis] as Axis}
      .index=${axis}
      .range=${set.range}
      .value=${sliders[axis] ?? 0}
      .sample=${sample}
      .samples=${this.traversal}
      .onSelect=${this.onSelectFrame}
    ></zlide-traversal>`
  }

  private renderStickyPreview(sample: Sample | null) {
    return html`<zlide-sticky-preview .modality=${this.modality} .sample=${sample} .target=${this.renderRoot.querySelector('zlide-decoded')}></zlide-sticky-preview>`
  }

  private renderPanels() {
    const { view, set, modality, decoded } = this
    if (!view || !set || !modality) return nothing
    return html`<div id="panels" class=${modality.layout}>
      ${modality.layout === 'tiles' ? this.renderTraversal(view.position, decoded?.sample ?? null) : nothing}
      ${this.shows('map') && set.axes.length > 1 ? this.renderMap(view.position, view.mapAxes) : nothing}
      ${this.shows('interpolation') && this.examples.length > 1 ? this.renderInterpolation() : nothing}
    </div>`
  }

  private renderMap(position: Position, across: readonly [number, number]) {
    const { manifest } = this
    return html`<zlide-map
      .set=${this.set}
      .sliders=${position.sliders}
      .points=${this.points}
      .examples=${this.landmarks}
      .current=${this.examples.indexOf(position.example)}
      .axes=${across}
      .distance=${manifest && distanceFromMean(manifest, position.set, position.sliders)}
      .onSelectAxes=${this.onSelectMapAxes}
      .onInput=${this.onMapInput}
      .onCommit=${this.commitSoon}
      .onSelectExample=${this.onSelectLandmark}
    ></zlide-map>`
  }

  private renderInterpolation() {
    const { a = null, b = null, t = null, shape = 'linear' } = this.view?.interpolation ?? {}
    return html`<zlide-interpolation
      .modality=${this.modality}
      .examples=${this.examples}
      .a=${this.describeEnd(a)}
      .b=${this.describeEnd(b)}
      .t=${t}
      .shape=${shape}
      .samples=${this.interpolation}
      .onSelectEnd=${this.onSelectEnd}
      .onSwap=${this.onSwapEnds}
      .onInput=${this.moveAlongPath}
      .onCommit=${this.commitSoon}
      .onSelectShape=${this.onSelectShape}
    ></zlide-interpolation>`
  }

  private describeEnd(end: Endpoint | null) {
    if (!end) return null
    const example = end.example === null ? null : this.examples[end.example]
    return { label: example?.text ?? 'here', sample: example?.sample ?? null }
  }

  static override styles = [theme, shared, styles]
}
