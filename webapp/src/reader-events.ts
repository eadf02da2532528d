// The events of a reader. Elements dispatch them, and they bubble no further than the explorer.

import type { ReactiveController, ReactiveControllerHost } from 'lit'
import type { BackendChoice } from './backends.ts'
import type { DecodingMode } from './decoding-mode.ts'
import type { Sample } from './sample.ts'
import type { Example } from './samples/index.ts'

/** Each event, with its detail. */
export interface ReaderEvents {
  'axis-move': { axis: number; value: number } // σ
  'axis-hover': number // also for focus and touch
  'axes-select': number // index of the set
  'map-move': readonly [number, number] // σ, at most once a frame
  'map-axes-select': readonly [number, number]
  'gesture-end': undefined // of a slider or the puck: the moves before it become a step
  'frame-select': number // index of the frame
  'z-randomize': undefined
  'z-reset': undefined
  'step-undo': undefined
  'step-redo': undefined
  'example-select': Example
  'landmark-select': number // index of the example
  'example-change': undefined // to a random one
  'text-enter': string
  'file-enter': File
  'drawing-enter': Sample
  'end-select': { which: 'a' | 'b'; source: number | 'here' } // index of the example
  'ends-swap': undefined
  'shape-select': 'linear' | 'spherical'
  'path-move': number // t, 0…1
  'mode-change': DecodingMode // also while a slider moves
  'backend-select': BackendChoice
  'bundle-retry': undefined
}

type Name = keyof ReaderEvents

/** The actions of an explorer. */
export type ReaderEventHandlers = {
  [N in Name]?: (detail: ReaderEvents[N]) => void
}

/** Dispatch an event from an element. */
export function report<N extends Name>(
  element: EventTarget,
  name: N,
  ...[detail]: undefined extends ReaderEvents[N] ? [] : [ReaderEvents[N]]
): void {
  element.dispatchEvent(new CustomEvent(name, { bubbles: true, composed: true, detail }))
}

/** Calls the handlers of an element for the events below it, which go no further. */
export class ReaderEventController implements ReactiveController {
  constructor(
    private readonly host: ReactiveControllerHost & { renderRoot: HTMLElement | DocumentFragment },
    private readonly handlers: ReaderEventHandlers,
  ) {
    host.addController(this)
  }

  hostConnected() {
    for (const name of Object.keys(this.handlers)) this.host.renderRoot.addEventListener(name, this)
  }

  hostDisconnected() {
    for (const name of Object.keys(this.handlers))
      this.host.renderRoot.removeEventListener(name, this)
  }

  handleEvent(event: Event) {
    event.stopPropagation()
    const handle = this.handlers[event.type as Name] as (detail: unknown) => void
    handle((event as CustomEvent).detail)
  }
}
