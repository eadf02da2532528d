import { css, html, LitElement, svg } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import { shared } from 'zlide/theme'

/** Width divided by height. */
const ASPECT = 2

/** A curve as a line, or an empty frame. */
@customElement('zlide-curve')
export class CurveView extends LitElement {
  @property({ attribute: false }) values: Float32Array | null = null // (T)
  @property({ attribute: false }) length = 2 // T
  @property({ attribute: false }) reach = 1 // the frame shows −reach…reach
  @property() label = '' // for screen readers; empty hides the curve from them

  protected override render() {
    const { label, line } = this
    const box = `0 0 ${ASPECT * 100} 100`
    const content = svg`<path class="zero" d="M0 50h${ASPECT * 100}" />
      <polyline points=${line} />`
    return label
      ? html`<svg viewBox=${box} role="img" aria-label="${label}, ${this.inWords}">${content}</svg>`
      : html`<svg viewBox=${box} aria-hidden="true">${content}</svg>`
  }

  private get line(): string {
    const { values, length, reach } = this
    const point = (value: number, i: number) =>
      `${((ASPECT * 100 * i) / (length - 1)).toFixed(2)},${(50 - (48 * value) / reach).toFixed(2)}`
    return Array.from(values ?? [], point).join(' ')
  }

  /** The ends and the extremes. */
  private get inWords(): string {
    const { values } = this
    if (!values) return 'not decoded yet'
    const [first, last, least, largest] = [
      values[0] as number,
      values.at(-1) as number,
      Math.min(...values),
      Math.max(...values),
    ].map((value) => value.toFixed(2))
    return `from ${first} to ${last}, between ${least} and ${largest}`
  }

  static override styles = [
    shared,
    css`
      :host {
        max-width: var(--tile);
      }

      svg {
        display: block;
        width: 100%;
        background: color-mix(in srgb, var(--line) 40%, transparent);
      }

      polyline,
      path {
        fill: none;
        stroke: var(--ink);
        stroke-width: 2;
        vector-effect: non-scaling-stroke;
      }

      path {
        stroke: var(--line);
        stroke-width: 1;
      }
    `,
  ]
}
