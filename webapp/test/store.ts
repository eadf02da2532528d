import { vi } from 'vitest'
import type { Sentence } from '../src/modalities/text/sentence.ts'
import { type Address, type Change, ExplorerStore } from '../src/store/index.ts'
import { FakeSource } from './fake-source.ts'

/** A store on a fake source, with all that it reported. Fake timers have to be on. */
export class TestStore extends ExplorerStore {
  readonly changes: Change[]
  readonly steps: Change[]

  constructor(readonly source: FakeSource = new FakeSource()) {
    const [changes, steps] = [[] as Change[], [] as Change[]]
    super(source, {
      onChange: () => {},
      onDecoded: (change) => changes.push(change),
      onStep: (change) => steps.push(change),
    })
    this.changes = changes
    this.steps = steps
  }

  /** Open a bundle, and let everything happen that waits for nothing else. */
  async start(link = '', bundle = 'sentences', backend: Address['backend'] = 'automatic') {
    this.open(() => addressOf(bundle, backend), link)
    await flush()
    return this
  }

  /** The sliders in use. */
  get sliders(): readonly number[] {
    return this.navigation.position?.sliders ?? []
  }

  /** The word that is shown: the sliders that were decoded last. */
  get shown(): string | undefined {
    const sample = this.navigation.state.decoded?.sample
    return (sample as Sentence | null | undefined)?.words[0]
  }

  /** Move the first slider. */
  move(value: number): void {
    this.navigation.move((position) => ({
      ...position,
      sliders: [value, ...position.sliders.slice(1)],
    }))
  }
}

export const addressOf = (bundle: string, backend: Address['backend'] = 'automatic'): Address => ({
  base: new URL(`http://localhost/${bundle}/`),
  backend,
})

/** Let all promises that wait for nothing settle. Chains of them need several rounds. */
export async function flush(): Promise<void> {
  for (let round = 0; round < 10; round += 1) await vi.advanceTimersByTimeAsync(0)
}
