import { Observed } from './observed.ts'

/** One line of the page about a link, or about a part that cannot be shown. The newest counts. */
export class Remark {
  private readonly observed: Observed<{ text: string | null }>

  constructor(onChange: () => void) {
    this.observed = new Observed<{ text: string | null }>({ text: null }, onChange)
  }

  get text(): string | null {
    return this.observed.value.text
  }

  set(text: string | null): void {
    this.observed.set({ text })
  }

  /** Take a remark back, unless a newer one replaced it. */
  remove(text: string): void {
    if (this.text === text) this.set(null)
  }
}
