/** State that is replaced, never changed in place. Its owner hears of each replacement. */
export class Observed<State extends object> {
  constructor(
    private current: Readonly<State>,
    private readonly onChange: () => void,
  ) {}

  get value(): Readonly<State> {
    return this.current
  }

  set(changes: Partial<State>): void {
    this.current = { ...this.current, ...changes }
    this.onChange()
  }
}
