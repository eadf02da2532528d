import { css, html, LitElement } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import { type Picture, toRGBA } from '../samples/index.ts'
import { shared } from './theme.ts'

/** No wider than this, in CSS pixels. */
const WIDEST = 352

/** How wide a picture is shown where there is room: as many pixels of the screen for each of its own, so that all are of one size. */
export const shownWidth = ({ width }: { width: number }): number =>
  (Math.max(1, Math.floor((WIDEST * devicePixelRatio) / width)) * width) / devicePixelRatio

/** A picture as it is, pixel by pixel, or an empty frame of its size. */
@customElement('zlide-picture')
export class PictureView extends LitElement {
  @property({ attribute: false }) size!: { height: number; width: number }
  @property({ attribute: false }) picture: Picture | null = null
  @property() label = '' // empty where something else says what it is

  protected override render() {
    const { height, width } = this.size
    return this.label
      ? html`<canvas width=${width} height=${height} role="img" aria-label=${this.label}></canvas>`
      : html`<canvas width=${width} height=${height} aria-hidden="true"></canvas>`
  }

  protected override updated() {
    const { height, width } = this.size
    const pen = this.renderRoot.querySelector('canvas')?.getContext('2d')
    if (this.picture) pen?.putImageData(new ImageData(toRGBA(this.picture), width, height), 0, 0)
    else pen?.clearRect(0, 0, width, height)
  }

  static override styles = [
    shared,
    css`
      :host {
        max-width: var(--picture);
      }

      canvas {
        display: block;
        width: 100%;
        background: color-mix(in srgb, var(--line) 40%, transparent); /* of an empty frame */
        image-rendering: pixelated;
      }
    `,
  ]
}
