import type { LitElement, ReactiveController } from 'lit'

/** CSS pixels that a finger has to travel along a slider to move it. */
const THRESHOLD = 8

const EVENTS = [
  'pointerdown',
  'pointermove',
  'pointerup',
  'pointercancel',
  'input',
  'change',
] as const

/**
 * Lets a finger scroll the page from the sliders of an element.
 *
 * Browsers move a slider as soon as it is touched, and leave it there when the finger scrolls.
 * With this controller it moves only if the finger travels along it or is lifted.
 */
export class TouchSliderController implements ReactiveController {
  private readonly host: LitElement
  private held: { slider: HTMLInputElement; x: number; before: string; after: string } | null = null
  private scrolled: HTMLInputElement | null = null // its late events are ignored

  constructor(host: LitElement) {
    this.host = host
    host.addController(this)
  }

  hostConnected() {
    for (const type of EVENTS) this.host.renderRoot.addEventListener(type, this, { capture: true })
  }

  hostDisconnected() {
    for (const type of EVENTS)
      this.host.renderRoot.removeEventListener(type, this, { capture: true })
    this.held = null
  }

  handleEvent(event: Event) {
    const { held } = this
    switch (event.type) {
      case 'pointerdown':
        return this.hold(event as PointerEvent)
      case 'pointermove':
        if (held && Math.abs((event as PointerEvent).clientX - held.x) >= THRESHOLD)
          this.release('input')
        return
      case 'pointerup':
        return this.release('input', 'change')
      case 'pointercancel':
        this.scrolled = held?.slider ?? null
        this.held = null
        return
      case 'input':
        return this.defer(event)
      case 'change':
        if (event.target === (held?.slider ?? this.scrolled)) event.stopImmediatePropagation()
    }
  }

  private hold({ target, pointerType, clientX: x }: PointerEvent) {
    this.scrolled = null
    if (pointerType !== 'touch' || !(target instanceof HTMLInputElement) || target.type !== 'range')
      return
    this.held = { slider: target, x, before: target.value, after: target.value }
  }

  /** Keep the old value until the finger is known to mean the slider. */
  private defer(event: Event) {
    const { held } = this
    if (!held || event.target !== held.slider) return
    event.stopImmediatePropagation()
    held.after = held.slider.value
    held.slider.value = held.before
  }

  /** Move the slider to the finger and dispatch its events. */
  private release(...events: ('input' | 'change')[]) {
    if (!this.held) return
    const { slider, before, after } = this.held
    this.held = null
    if (after === before) return
    slider.value = after
    for (const type of events) slider.dispatchEvent(new Event(type, { bubbles: true }))
  }
}
