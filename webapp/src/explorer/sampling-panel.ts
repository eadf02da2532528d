import { css, html, LitElement } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import { live } from 'lit/directives/live.js'
import { type DecodingMode, SEED_COUNT } from '../decoding-mode.ts'
import { choice } from './choice.css.ts'
import { slider } from './slider.css.ts'
import { shared } from './theme.ts'
import { Finger } from './touch-slider-controller.ts'

/** What is drawn with at first: warm enough to differ, cool enough to be read. */
const FIRST: DecodingMode = { kind: 'drawn', temperature: 0.8, top: 40, seed: 1 }

/** How words are chosen: the likeliest, or drawn by chance, which can be drawn the same again. */
@customElement('zlide-sampling')
export class Chance extends LitElement {
  @property({ attribute: false }) writing: DecodingMode = { kind: 'greedy' }
  @property({ attribute: false }) chose: (writing: DecodingMode) => void = () => {} // while a slider moves
  @property({ attribute: false }) rested: () => void = () => {}
  protected readonly finger = new Finger(this)

  protected override render() {
    const { writing } = this
    const kind = (name: string, to: DecodingMode) => html`<label class="choice">
      <input type="radio" name="kind" .checked=${live(to.kind === writing.kind)} @change=${() => this.decide(to)} />
      <span>${name}</span>
    </label>`
    return html`
      <fieldset>
        <legend>Words</legend>
        ${kind('the likeliest', { kind: 'greedy' })} ${kind('by chance', writing.kind === 'drawn' ? writing : FIRST)}
      </fieldset>
      ${writing.kind === 'drawn' ? this.renderDrawn(writing) : null}
    `
  }

  private renderDrawn(writing: DecodingMode & { kind: 'drawn' }) {
    const { temperature, top, seed } = writing
    const at = `${Math.max(0, Math.min(100, (100 * (temperature - 0.1)) / 1.9))}%`
    return html`<div id="drawn">
      <label for="temperature">Temperature</label>
      <span class="track">
        <svg aria-hidden="true"><rect class="line" y="50%" width="100%" height="1" /><rect class="far" y="50%" width=${at} height="2" /></svg>
        <input id="temperature" type="range" min="0.1" max="2" step="0.05" .value=${live(String(temperature))} @change=${this.rested}
          @input=${(event: Event) => this.chose({ ...writing, temperature: (event.target as HTMLInputElement).valueAsNumber })} />
      </span>
      <output for="temperature">${temperature.toFixed(2)}</output>
      <label for="top">Among the</label>
      <select id="top" @change=${(event: Event) => this.decide({ ...writing, top: Number((event.target as HTMLSelectElement).value) || null })}>
        ${[...new Set([5, 20, 40, 100, top ?? 0, 0])]
          .sort(byNumber)
          .map(
            (number) =>
              html`<option value=${number} .selected=${number === (top ?? 0)}>${number ? `${number} likeliest` : 'all words'}</option>`,
          )}
      </select>
      <label for="seed">Seed</label>
      <span class="seed">
        <input id="seed" type="number" min="0" max=${SEED_COUNT - 1} step="1" .value=${live(String(seed))} @change=${this.typed} />
        <button @click=${() => this.decide({ ...writing, seed: Math.floor(Math.random() * SEED_COUNT) % 10_000 })}>Another</button>
      </span>
    </div>`
  }

  private typed(event: Event) {
    const seed = (event.target as HTMLInputElement).valueAsNumber
    if (this.writing.kind !== 'drawn') return
    if (Number.isInteger(seed) && seed >= 0 && seed < SEED_COUNT)
      this.decide({ ...this.writing, seed })
    else this.requestUpdate() // the field shows the old one again
  }

  private decide(writing: DecodingMode) {
    this.chose(writing)
    this.rested()
  }

  static override styles = [
    shared,
    slider,
    choice,
    css`
      fieldset {
        align-items: center;
      }

      legend {
        float: left; /* on the line of what it is said of */
        padding: 0;
      }

      legend,
      #drawn {
        color: var(--soft);
        font-size: 0.8125rem;
        line-height: 1.75;
      }

      #drawn {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr) auto;
        gap: 0.25rem 0.75rem;
        align-items: center;
        margin-top: 0.25rem;
      }

      #drawn > :nth-child(n + 4):not(label) {
        grid-column: 2 / -1;
        justify-self: start;
      }

      output {
        font-variant-numeric: tabular-nums;
      }

      select,
      .seed input {
        height: 1.75rem;
        border: 1px solid var(--line);
        border-radius: 0.25rem;
        background: var(--paper);
        color: var(--ink);
        font: inherit;
        text-align: left;
      }

      .seed input {
        padding: 0 0.375rem;
      }

      .seed {
        display: flex;
        gap: 0.5rem;
      }

      .seed input {
        width: 6.5rem;
      }

      .seed button {
        min-height: 1.75rem;
        font-size: 0.8125rem;
      }

      @media (pointer: coarse) {
        select,
        .seed input,
        .seed button {
          min-height: 2.75rem;
          font-size: 1rem;
        }
      }
    `,
  ]
}

const byNumber = (one: number, other: number) =>
  (one || Number.MAX_VALUE) - (other || Number.MAX_VALUE)
