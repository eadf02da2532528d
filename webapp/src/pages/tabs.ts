import { css, html, LitElement, type PropertyValues } from 'lit'
import { customElement, property, state } from 'lit/decorators.js'
import type { Choice } from '../backends.ts'
import { type Change, type Explorer, shared, theme } from '../explorer/index.ts'

/** A bundle of the site, as models.json lists it. */
export interface Listed {
  path: string // models/<name>/
  title: string
}

/** What an address calls a model: its folder. */
const nameOf = ({ path }: Listed): string => path.split('/').at(-2) ?? ''

/** What an address says: `#name?view`. */
function readHash(): { name: string; view: string } {
  const [name = '', ...view] = location.hash.slice(1).split('?')
  return { name, view: view.join('?') }
}

/** `<zlide-tabs>`: a tab for each model, opened when it is first chosen and kept as it was left; no tabs for a single one. The address spells the view. */
@customElement('zlide-tabs')
export class Tabs extends LitElement {
  @property({ attribute: false }) models: readonly Listed[] = []
  @property({ attribute: false }) backend: Choice = 'automatic'
  @state() private current = 0
  @state() private missing = '' // the model that the address names, and that is not here
  @state() private views: readonly string[] = [] // of each model, as the address spelled it last
  private readonly opened = new Set<number>()

  override connectedCallback() {
    super.connectedCallback()
    addEventListener('popstate', this.follow) // a changed fragment fires it too
    this.follow()
  }

  override disconnectedCallback() {
    super.disconnectedCallback()
    removeEventListener('popstate', this.follow)
  }

  /** Show the model that the address names, and its view: the first where it names none; one that is not there changes nothing. */
  private readonly follow = () => {
    const { name, view } = readHash()
    const named = name ? this.models.findIndex((model) => nameOf(model) === name) : 0
    this.missing = named < 0 ? name : ''
    if (named < 0) return
    this.current = named
    if (view || this.views[named])
      this.views = this.models.map((_, i) => (i === named ? view : (this.views[i] ?? '')))
  }

  private address(index: number): string {
    const view = this.views[index]
    return `#${nameOf(this.models[index] as Listed)}${view ? `?${view}` : ''}`
  }

  private choose(index: number) {
    if (index === this.current && !this.missing) return
    this.renderRoot
      .querySelector<Explorer>('[role=tabpanel]:not([hidden]) zlide-explorer')
      ?.commit() // where one was is spelled before one leaves
    this.current = index
    this.missing = ''
    history.pushState(null, '', this.address(index))
  }

  /** A step of the reader's becomes one that the browser goes back from. */
  private stepped(index: number, { detail: { state } }: CustomEvent<Change>) {
    if (state === (this.views[index] ?? '')) return
    this.missing = ''
    this.views = this.models.map((_, i) => (i === index ? state : (this.views[i] ?? '')))
    if (index === this.current) history.pushState(null, '', this.address(index))
  }

  private async press(event: KeyboardEvent) {
    const last = this.models.length - 1
    const to = {
      ArrowRight: this.current === last ? 0 : this.current + 1,
      ArrowLeft: this.current === 0 ? last : this.current - 1,
      Home: 0,
      End: last,
    }[event.key]
    if (to === undefined || event.altKey || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    this.choose(to)
    await this.updateComplete
    this.renderRoot.querySelector<HTMLElement>('[aria-selected=true]')?.focus()
  }

  /** Where not all tabs fit, the chosen one is in sight. The page stays where it is. */
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
    const missing = this.missing
      ? html`<p class="quiet" role="status">This address is of a model that is not on this page, “${this.missing}”: here is another.</p>`
      : null
    if (models.length === 1) return [missing, this.renderExplorer(0)]
    return html`
      ${missing}
      <div role="tablist" aria-label="Models" @keydown=${this.press}>
        ${models.map(
          (
            { title },
            i,
          ) => html`<button role="tab" id="tab${i}" aria-controls="panel${i}" aria-selected=${i === current}
            tabindex=${i === current ? 0 : -1} @click=${() => this.choose(i)}>${title}</button>`,
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
    const { path } = this.models[index] as Listed
    return html`<zlide-explorer
      bundle=${path}
      backend=${this.backend}
      state=${this.views[index] ?? ''}
      @zlide-step=${(event: CustomEvent<Change>) => this.stepped(index, event)}
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
        max-width: min(24rem, 58%); /* a long title, which stands whole below, leaves room for the next */
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
