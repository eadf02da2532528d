import type { LitElement, ReactiveController } from 'lit'

/** A finger that has gone so far along a slider moves it. CSS pixels. */
const SURE = 8

const HEARD = [
  'pointerdown',
  'pointermove',
  'pointerup',
  'pointercancel',
  'input',
  'change',
] as const

/**
 * What a finger wants of the sliders in an element: it may scroll the page from there.
 *
 * Browsers move a slider as soon as it is touched, and leave it there when the finger then scrolls. With this it is moved once the finger has
 * gone along it, or was lifted.
 */
export class Finger implements ReactiveController {
  private readonly host: LitElement
  private held: { slider: HTMLInputElement; x: number; before: string; after: string } | null = null
  private left: HTMLInputElement | null = null // for scrolling: what its browser still says of it does not count

  constructor(host: LitElement) {
    this.host = host
    host.addController(this)
  }

  hostConnected() {
    for (const type of HEARD) this.host.renderRoot.addEventListener(type, this, { capture: true })
  }

  hostDisconnected() {
    for (const type of HEARD)
      this.host.renderRoot.removeEventListener(type, this, { capture: true })
    this.held = null
  }

  handleEvent(event: Event) {
    const { held } = this
    switch (event.type) {
      case 'pointerdown':
        return this.touch(event as PointerEvent)
      case 'pointermove':
        if (held && Math.abs((event as PointerEvent).clientX - held.x) >= SURE)
          this.release('input')
        return
      case 'pointerup':
        return this.release('input', 'change')
      case 'pointercancel':
        this.left = held?.slider ?? null
        this.held = null
        return
      case 'input':
        return this.keep(event)
      case 'change':
        if (event.target === (held?.slider ?? this.left)) event.stopImmediatePropagation()
    }
  }

  private touch({ target, pointerType, clientX: x }: PointerEvent) {
    this.left = null
    if (pointerType !== 'touch' || !(target instanceof HTMLInputElement) || target.type !== 'range')
      return
    this.held = { slider: target, x, before: target.value, after: target.value }
  }

  /** Leave a slider where it was, as long as it is not sure that it is meant. */
  private keep(event: Event) {
    const { held } = this
    if (!held || event.target !== held.slider) return
    event.stopImmediatePropagation()
    held.after = held.slider.value
    held.slider.value = held.before
  }

  /** It is meant: it goes where the finger is, and says so. */
  private release(...says: ('input' | 'change')[]) {
    if (!this.held) return
    const { slider, before, after } = this.held
    this.held = null
    if (after === before) return
    slider.value = after
    for (const type of says) slider.dispatchEvent(new Event(type, { bubbles: true }))
  }
}
