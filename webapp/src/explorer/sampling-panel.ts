import { css, html, LitElement } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import { live } from 'lit/directives/live.js'
import { type DecodingMode, SEED_COUNT } from '../decoding-mode.ts'
import { report } from '../reader-events.ts'
import { shared, slider, TouchSliderController } from '../theme/index.ts'
import { choice } from './choice.css.ts'

/** The first sampling mode: varied, but readable. */
const DEFAULT: DecodingMode = { kind: 'drawn', temperature: 0.8, top: 40, seed: 1 }

/** The decoding mode: greedy, or sampling with temperature, top-k and seed. */
@customElement('zlide-sampling')
export class SamplingPanel extends LitElement {
  @property({ attribute: false }) mode: DecodingMode = { kind: 'greedy' }
  protected readonly touch = new TouchSliderController(this)

  protected override render() {
    const { mode } = this
    const radio = (name: string, to: DecodingMode) => html`<label class="choice">
      <input type="radio" name="kind" .checked=${live(to.kind === mode.kind)} @change=${() => this.select(to)} />
      <span>${name}</span>
    </label>`
    return html`
      <fieldset>
        <legend>Words</legend>
        ${radio('most likely', { kind: 'greedy' })} ${radio('at random', mode.kind === 'drawn' ? mode : DEFAULT)}
      </fieldset>
      ${mode.kind === 'drawn' ? this.renderDrawn(mode) : null}
    `
  }

  private renderDrawn(mode: DecodingMode & { kind: 'drawn' }) {
    const { temperature, top, seed } = mode
    const x = `${Math.max(0, Math.min(100, (100 * (temperature - 0.1)) / 1.9))}%`
    return html`<div id="drawn">
      <label for="temperature">Temperature</label>
      <span class="track">
        <svg aria-hidden="true"><rect class="line" y="50%" width="100%" height="1" /><rect class="bar" y="50%" width=${x} height="2" /></svg>
        <input id="temperature" type="range" min="0.1" max="2" step="0.05" .value=${live(String(temperature))} @change=${() => report(this, 'gesture-end')}
          @input=${(event: Event) => report(this, 'mode-change', { ...mode, temperature: (event.target as HTMLInputElement).valueAsNumber })} />
      </span>
      <output for="temperature">${temperature.toFixed(2)}</output>
      <label for="top">Choose from</label>
      <select id="top" @change=${(event: Event) => this.select({ ...mode, top: Number((event.target as HTMLSelectElement).value) || null })}>
        ${[...new Set([5, 20, 40, 100, top ?? 0, 0])]
          .sort(byNumber)
          .map(
            (number) =>
              html`<option value=${number} .selected=${number === (top ?? 0)}>${number ? `the ${number} most likely` : 'all words'}</option>`,
          )}
      </select>
      <label for="seed">Seed</label>
      <span class="seed">
        <input id="seed" type="number" min="0" max=${SEED_COUNT - 1} step="1" .value=${live(String(seed))} @change=${this.onType} />
        <button @click=${() => this.select({ ...mode, seed: Math.floor(Math.random() * SEED_COUNT) % 10_000 })}>New seed</button>
      </span>
    </div>`
  }

  private onType(event: Event) {
    const seed = (event.target as HTMLInputElement).valueAsNumber
    if (this.mode.kind !== 'drawn') return
    if (Number.isInteger(seed) && seed >= 0 && seed < SEED_COUNT)
      this.select({ ...this.mode, seed })
    else this.requestUpdate() // the field shows the old seed again
  }

  private select(mode: DecodingMode) {
    report(this, 'mode-change', mode)
    report(this, 'gesture-end')
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
        float: left; /* on the line of the choices */
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

/** Order by number; 0 stands for all words and comes last. */
const byNumber = (a: number, b: number) => (a || Number.MAX_VALUE) - (b || Number.MAX_VALUE)
