import { html, nothing, type PropertyValues } from 'lit'
import { customElement, property, state } from 'lit/decorators.js'
import type { Axis, Size } from '../bundle/index.ts'
import type { DecodingMode } from '../decoding-mode.ts'
import { count } from '../format.ts'
import { distanceFromMean, type Example, type Sample, shapeOf } from '../samples/index.ts'
import { move, type Position, randomize, randomOtherExample, reset } from '../view/index.ts'
import './decoded.ts'
import './example.ts'
import './sliders.ts'
import { layout } from './layout.css.ts'
import './error-notice.ts'
import { shownWidth } from './picture.ts'
import './status.ts'
import { Surroundings } from './previews.ts'
import { shared, theme } from './theme.ts'

/** `<zlide-explorer bundle="models/sentences/">`: an example, its z, and what the decoder makes of it. */
@customElement('zlide-explorer')
export class Explorer extends Surroundings {
  @property({ type: Number }) axes: number | null = null // shown at first; what the bundle says where nothing else is said
  @property({ attribute: false }) linkTo: ((state: string) => string) | null = null // where a shared link leads
  @state() private dragged = false // a file is held over it

  // Made once: a new function at every render would render every slider anew, and take away what is being typed into a field.
  private readonly another = () =>
    this.place && this.load(randomOtherExample(this.examples, this.place.example))
  private readonly picked = this.load.bind(this)
  private readonly given = (file: File) => void this.use(file)
  private readonly written = (text: string) => void this.write(text)
  private readonly chosen = (set: number) => void this.choose(set)
  private readonly moved = (axis: number, value: number) =>
    this.go((place) => move(place, axis, value))
  private readonly randomized = () => {
    this.go((place) => randomize(place, this.manifest?.axes[place.set]?.range ?? 0))
    this.rest()
  }
  private readonly reset = () => {
    this.go(reset)
    this.rest()
  }
  private readonly turned = (back: boolean) => void this.turn(back)
  private readonly undone = () => this.turn(true)
  private readonly retry = () => this.open()
  private readonly wrote = (writing: DecodingMode) =>
    this.see((view) => ({ ...view, decoding: writing }))
  private readonly link = () => (this.linkTo ? this.linkTo(this.spelled) : this.siteLink())
  private readonly went = (value: number) => {
    this.moved(this.axis, value)
    this.rest()
  }
  private readonly dragPuck = ([x, y]: readonly [number, number]) => {
    const { mapAxes } = this.view ?? { mapAxes: [0, 1] as const }
    this.go((place) => move(move(place, mapAxes[0], x), mapAxes[1], y))
  }
  private readonly across = (across: readonly [number, number]) => {
    this.see((view) => ({ ...view, mapAxes: across }))
    this.rest()
  }
  private readonly pickedPoint = (index: number) => this.load(this.examples[index] as Example)
  private readonly swapped = () => {
    const { interpolation } = this.view ?? {}
    if (interpolation)
      void this.setEnds({
        ...interpolation,
        a: interpolation.b,
        b: interpolation.a,
        t: interpolation.t === null ? null : 1 - interpolation.t,
      })
  }
  private readonly shaped = (shape: 'linear' | 'spherical') => {
    if (this.view) void this.setEnds({ ...this.view.interpolation, shape })
  }

  /** The page around the bundle, as `zlide build` lays them out. */
  private siteLink(): string {
    const site = new URL('../..', this.base)
    const name = this.bundle.split('/').filter(Boolean).at(-1) ?? ''
    const { spelled } = this
    site.hash = spelled ? `${name}?${spelled}` : name
    return site.href
  }

  private get takesPictures(): boolean {
    return this.manifest?.encoder?.kind === 'image'
  }

  /** Whether what is shown can be encoded as it is. */
  private get takesDrawings(): boolean {
    const { encoder, decoder } = this.manifest ?? {}
    return (
      encoder?.kind === 'image' &&
      decoder?.kind === 'image' &&
      shapeOf(encoder.size).join() === shapeOf(decoder.size).join()
    )
  }

  private get takesWords(): boolean {
    return this.manifest?.encoder?.kind === 'text'
  }

  private dragOver(event: DragEvent) {
    if (!this.takesPictures || !event.dataTransfer?.types.includes('Files')) return
    event.preventDefault() // or the browser would leave the page for the file
    this.dragged = true
  }

  private dragLeave(event: DragEvent) {
    const { currentTarget, relatedTarget } = event
    this.dragged = (currentTarget as Node).contains(relatedTarget as Node | null)
  }

  private drop(event: DragEvent) {
    if (!this.dragged) return
    event.preventDefault()
    this.dragged = false
    const [file] = event.dataTransfer?.files ?? []
    if (file) this.given(file)
  }

  protected override updated(changed: PropertyValues<this>) {
    super.updated(changed)
    if (this.size) this.style.setProperty('--picture', `${shownWidth(this.size)}px`)
    if (this.shown?.milliseconds != null) void this.unfold()
  }

  /** Of pictures; null for sentences. */
  private get size(): Size | null {
    return this.manifest?.decoder.kind === 'image' ? this.manifest.decoder.size : null
  }

  protected override render() {
    const notice =
      this.error === null
        ? null
        : html`<zlide-error-notice .error=${this.error} .retry=${this.retry}></zlide-error-notice>`
    const { manifest, view, shown, size } = this
    const sample = this.outrun ? null : (shown?.sample ?? null)
    if (!manifest || !view || !shown) return notice ?? html`<p class="quiet">Opening…</p>`
    return html`
      <div id="all" class=${this.dragged ? 'dragged' : ''} @dragover=${this.dragOver} @dragleave=${this.dragLeave} @drop=${this.drop}>
        ${
          this.shows('header')
            ? html`<header>
                <h2>${manifest.title}</h2>
                <p>A neural network turns ${count(manifest.latent_size, 'number')}, z, into this ${size ? 'picture' : 'sentence'}. Each slider moves z.</p>
              </header>`
            : nothing
        }
        ${this.remark ? html`<p id="remark" class="quiet" role="status">${this.remark}</p>` : nothing}
        <div id="columns" class="${size ? 'pictures' : ''} ${this.shows('example') ? '' : 'two'}">
          ${this.shows('example') ? this.renderExample(view.position, size) : nothing}
          <zlide-sliders
            .sets=${manifest.axes}
            .place=${view.position}
            .first=${this.axes}
            .fixed=${this.model === null}
            .bare=${!this.shows('actions')}
            .undoable=${this.undoable}
            .chosen=${this.chosen}
            .moved=${this.moved}
            .rested=${this.pause}
            .looked=${this.looked}
            .randomized=${this.randomized}
            .reset=${this.reset}
            .turned=${this.turned}
          ></zlide-sliders>
          <div id="third">
            <zlide-decoded class=${size ? 'picture' : ''} .sample=${sample} .example=${shown.example.sample} .size=${size}>
              ${notice ?? this.renderStatus(shown.milliseconds)}
            </zlide-decoded>
            <div id="below">${size ? nothing : this.renderStrip(view.position, shown.sample)} ${this.renderTools(view.decoding, shown.sample)}</div>
          </div>
        </div>
        ${this.arrived ? [this.renderPanels(), this.renderPane(sample)] : nothing}
      </div>
    `
  }

  private renderExample(place: Position, size: Size | null) {
    const own = this.shows('own')
    return html`<zlide-example
      .example=${place.example}
      .examples=${this.examples}
      .size=${size}
      .own=${this.told}
      .another=${this.another}
      .picked=${this.picked}
      .given=${own && this.takesPictures ? this.given : null}
      .written=${own && this.takesWords ? this.written : null}
      .undo=${this.undoable.undo ? this.undone : null}
      .drew=${own && this.arrived && this.takesDrawings ? this.drew : null}
    ></zlide-example>`
  }

  /** What can be done with what was decoded. */
  private renderTools(writing: DecodingMode, sample: Sample | null) {
    const share = this.shows('share')
    const chance = this.shows('chance') && !this.size
    if (!this.arrived || !(share || chance)) return nothing
    return html`<div id="tools">
      ${share ? html`<zlide-share-bar .sample=${sample} .link=${this.link} name=${this.manifest?.name ?? ''}></zlide-share-bar>` : nothing}
      ${chance ? html`<zlide-sampling .writing=${writing} .chose=${this.wrote} .rested=${this.pause}></zlide-sampling>` : nothing}
    </div>`
  }

  private renderStatus(milliseconds: number | null) {
    if (!this.shows('status') && this.model) return nothing
    return html`<zlide-status
      .progress=${this.progress}
      .backend=${this.model?.backend ?? null}
      .milliseconds=${milliseconds}
      .choices=${this.choices}
      .fallen=${this.fallen}
    ></zlide-status>`
  }

  /** What one axis does: sentences stand beside the sliders, and pictures, which take more room, under them. */
  private renderStrip({ sliders }: Position, here: Sample | null) {
    const { set, axis, size } = this
    if (!set || !this.arrived || !this.shows('strip')) return nothing
    return html`<zlide-traversal
      .axis=${set.axes[axis] as Axis}
      .index=${axis}
      .range=${set.range}
      .value=${sliders[axis] ?? 0}
      .here=${here}
      .samples=${this.strip}
      .size=${size}
      .pick=${this.went}
    ></zlide-traversal>`
  }

  private renderPane(sample: Sample | null) {
    return html`<zlide-sticky-preview .sample=${sample} .size=${this.size} .watched=${this.renderRoot.querySelector('zlide-decoded')}></zlide-sticky-preview>`
  }

  /** What lies around the position, on the map, and on the way from one example to another. */
  private renderPanels() {
    const { manifest, view, set, size, shown } = this
    if (!manifest || !view || !set) return nothing
    const { position, interpolation } = view
    return html`<div id="panels" class=${size ? 'pictures' : ''}>
      ${size ? this.renderStrip(position, shown?.sample ?? null) : nothing}
      ${
        this.shows('map') && set.axes.length > 1
          ? html`<zlide-map
              .set=${set}
              .sliders=${position.sliders}
              .points=${this.points}
              .examples=${this.onMap}
              .current=${this.examples.indexOf(position.example)}
              .across=${view.mapAxes}
              .away=${distanceFromMean(manifest, position.set, position.sliders)}
              .chose=${this.across}
              .moved=${this.dragPuck}
              .settled=${this.pause}
              .picked=${this.pickedPoint}
            ></zlide-map>`
          : nothing
      }
      ${
        this.shows('between') && this.examples.length > 1
          ? html`<zlide-interpolation
              .examples=${this.examples}
              .a=${this.endOf(interpolation.a)}
              .b=${this.endOf(interpolation.b)}
              .t=${interpolation.t}
              .path=${interpolation.shape}
              .samples=${this.film}
              .size=${size}
              .chose=${this.choseEnd}
              .swapped=${this.swapped}
              .scrubbed=${this.along}
              .settled=${this.pause}
              .shaped=${this.shaped}
            ></zlide-interpolation>`
          : nothing
      }
    </div>`
  }

  private endOf(end: { example: number | null } | null) {
    if (!end) return null
    const example = end.example === null ? null : this.examples[end.example]
    return { label: example?.text ?? 'here', sample: example?.sample ?? null }
  }

  static override styles = [theme, shared, layout]
}
