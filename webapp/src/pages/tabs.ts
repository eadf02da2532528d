import { css, html, LitElement, type PropertyValues } from 'lit'
import { customElement, property, state } from 'lit/decorators.js'
import type { BackendChoice } from '../backends.ts'
import type { Explorer } from '../explorer/index.ts'
import '../explorer/index.ts'
import type { Change } from '../store/index.ts'
import { shared, theme } from '../theme/index.ts'

/** A model in models.json. */
export interface ListedModel {
  path: string // models/<name>/
  title: string
}

/** Return a model's name in the URL: its folder. */
const nameOf = ({ path }: ListedModel): string => path.split('/').at(-2) ?? ''

/** Parse the URL's fragment, `#name?view`. */
function readHash(): { name: string; view: string } {
  const [name = '', ...view] = location.hash.slice(1).split('?')
  return { name, view: view.join('?') }
}

/**
 * `<zlide-tabs>`: a tab for each model; no tabs for a single model.
 *
 * A model is opened when its tab is first selected, and keeps its state. The URL encodes the view.
 */
@customElement('zlide-tabs')
export class Tabs extends LitElement {
  @property({ attribute: false }) models: readonly ListedModel[] = []
  @property({ attribute: false }) backend: BackendChoice = 'automatic'
  @state() private current = 0
  @state() private unknownModel = '' // the model in the URL, if this page does not have it
  @state() private views: readonly string[] = [] // the last encoded view of each model
  private readonly opened = new Set<number>()

  override connectedCallback() {
    super.connectedCallback()
    addEventListener('popstate', this.followHash) // a changed fragment fires it too
    this.followHash()
  }

  override disconnectedCallback() {
    super.disconnectedCallback()
    removeEventListener('popstate', this.followHash)
  }

  /** Show the model in the URL and its view; the first model if the URL names none. */
  private readonly followHash = () => {
    const { name, view } = readHash()
    const named = name ? this.models.findIndex((model) => nameOf(model) === name) : 0
    this.unknownModel = named < 0 ? name : ''
    if (named < 0) return
    this.current = named
    if (view || this.views[named])
      this.views = this.models.map((_, i) => (i === named ? view : (this.views[i] ?? '')))
  }

  private address(index: number): string {
    const view = this.views[index]
    return `#${nameOf(this.models[index] as ListedModel)}${view ? `?${view}` : ''}`
  }

  private select(index: number) {
    if (index === this.current && !this.unknownModel) return
    this.renderRoot
      .querySelector<Explorer>('[role=tabpanel]:not([hidden]) zlide-explorer')
      ?.commit() // encode the view before leaving it
    this.current = index
    this.unknownModel = ''
    history.pushState(null, '', this.address(index))
  }

  /** Add a step of the reader to the browser's history. */
  private onStep(index: number, { detail: { state } }: CustomEvent<Change>) {
    if (state === (this.views[index] ?? '')) return
    this.unknownModel = ''
    this.views = this.models.map((_, i) => (i === index ? state : (this.views[i] ?? '')))
    if (index === this.current) history.pushState(null, '', this.address(index))
  }

  private async onKeyDown(event: KeyboardEvent) {
    const last = this.models.length - 1
    const to = {
      ArrowRight: this.current === last ? 0 : this.current + 1,
      ArrowLeft: this.current === 0 ? last : this.current - 1,
      Home: 0,
      End: last,
    }[event.key]
    if (to === undefined || event.altKey || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    this.select(to)
    await this.updateComplete
    this.renderRoot.querySelector<HTMLElement>('[aria-selected=true]')?.focus()
  }

  /** Scroll the selected tab into view without scrolling the page. */
  protected override updated(changed: PropertyValues) {
    const tab = this.renderRoot.querySelector('[aria-selected=true]')
    if (!tab?.parentElement || !changed.has('current')) return
    const [{ left, right }, list] = [
      tab.getBoundingClientRect(),
      tab.parentElement.getBoundingClientRect(),
    ]
    tab.parentElement.scrollLeft += Math.min(0, left - list.left) + Math.max(0, right - list.right)
  }

  protected override render() {
    this.opened.add(this.current)
    const { models, current } = this
    const notice = this.unknownModel
      ? html`<p class="quiet" role="status">There is no model “${this.unknownModel}” on this page; showing “${models[current]?.title}”.</p>`
      : null
    if (models.length === 1) return [notice, this.renderExplorer(0)]
    return html`
      ${notice}
      <div role="tablist" aria-label="Models" @keydown=${this.onKeyDown}>
        ${models.map(
          (
            { title },
            i,
          ) => html`<button role="tab" id="tab${i}" aria-controls="panel${i}" aria-selected=${i === current}
            tabindex=${i === current ? 0 : -1} @click=${() => this.select(i)}>${title}</button>`,
        )}
      </div>
      ${models.map(
        (
          _,
          i,
        ) => html`<div role="tabpanel" id="panel${i}" aria-labelledby="tab${i}" ?hidden=${i !== current}>
          ${this.opened.has(i) ? this.renderExplorer(i) : null}
        </div>`,
      )}
    `
  }

  private renderExplorer(index: number) {
    const { path } = this.models[index] as ListedModel
    return html`<zlide-explorer
      bundle=${path}
      backend=${this.backend}
      state=${this.views[index] ?? ''}
      @zlide-step=${(event: CustomEvent<Change>) => this.onStep(index, event)}
    ></zlide-explorer>`
  }

  static override styles = [
    theme,
    shared,
    css`
      [role='status'] {
        margin-bottom: 1rem;
      }

      [role='tablist'] {
        display: flex;
        gap: clamp(1rem, 4vw, 1.5rem);
        margin-bottom: clamp(1rem, min(3vw, 2.5vh), 2.25rem);
        box-shadow: inset 0 -1px var(--line);
        overflow-x: auto;
        scrollbar-width: none;
      }

      [role='tab'] {
        flex: none;
        max-width: min(24rem, 58%); /* a long title leaves room for the next tab */
        padding: 0;
        border: 0;
        border-bottom: 2px solid transparent;
        border-radius: 0;
        color: var(--soft);
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }

      [role='tab']:hover,
      [role='tab'][aria-selected='true'] {
        color: var(--ink);
      }

      [role='tab'][aria-selected='true'] {
        border-color: var(--accent);
      }

      @media (forced-colors: active) {
        [role='tab']:not([aria-selected='true']) {
          border-color: Canvas;
        }
      }

      [role='tab']:active:enabled {
        background: none;
        color: var(--ink);
      }

      [role='tab']:focus-visible {
        outline-offset: -2px;
      }
    `,
  ]
}
