import { css, html, LitElement } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import { shared } from '../../theme/index.ts'
import { type Picture, toRGBA } from './picture.ts'

/** The maximum width of a picture, in CSS pixels. */
const MAX_WIDTH = 352

/** Return the width of a picture in CSS pixels: a whole number of screen pixels for each of its own. */
export const shownWidth = ({ width }: { width: number }): number =>
  (Math.max(1, Math.floor((MAX_WIDTH * devicePixelRatio) / width)) * width) / devicePixelRatio

/** A picture, or an empty frame of its size. */
@customElement('zlide-picture')
export class PictureView extends LitElement {
  @property({ attribute: false }) size!: { height: number; width: number }
  @property({ attribute: false }) picture: Picture | null = null
  @property() label = '' // for screen readers; empty hides the picture from them

  protected override render() {
    const { height, width } = this.size
    return this.label
      ? html`<canvas width=${width} height=${height} role="img" aria-label=${this.label}></canvas>`
      : html`<canvas width=${width} height=${height} aria-hidden="true"></canvas>`
  }

  protected override updated() {
    const { height, width } = this.size
    const context = this.renderRoot.querySelector('canvas')?.getContext('2d')
    if (this.picture)
      context?.putImageData(new ImageData(toRGBA(this.picture), width, height), 0, 0)
    else context?.clearRect(0, 0, width, height)
  }

  static override styles = [
    shared,
    css`
      :host {
        max-width: var(--tile);
      }

      canvas {
        display: block;
        width: 100%;
        background: color-mix(in srgb, var(--line) 40%, transparent); /* the empty frame */
        image-rendering: pixelated;
      }
    `,
  ]
}
