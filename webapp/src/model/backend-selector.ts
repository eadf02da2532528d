// Which backend decodes on this device. Fetched after the first decode, which waits for nothing of it.

import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { type BackendName, type Choice, type Choices, isBackend } from '../backends.ts'
import type { Manifest } from '../bundle/index.ts'
import { isOfBackend } from '../errors.ts'
import { Model } from './model.ts'
import { fetchProbe, type Probe, reproduces } from './probe.ts'

/** How often a candidate and WebAssembly decode the same position by turns. */
const ROUNDS = 10

/** A candidate is taken where its median is below this share of WebAssembly's: less would not be felt. */
const SHARE = 0.8

/** What was found on this device, and what its reader chose. */
interface Findings {
  options: readonly BackendName[] // those that reproduce the probe
  fastest: BackendName
  choice: Choice
}

const NOTHING: Findings = { options: ['wasm'], fastest: 'wasm', choice: 'automatic' }

/** Finds the backend that serves a model of pictures best, and leads the model there. What it found is remembered. */
export class BackendSelector {
  private findings = NOTHING
  private turn = 0 // of what was chosen: the last one counts
  private certain = true // no backend was passed over for a file that did not arrive
  private probe: Promise<Probe> | null = null

  constructor(
    private readonly base: URL,
    private readonly manifest: Manifest,
    private readonly model: Model,
    private readonly tell: (choices: Choices) => void,
    private readonly moved: () => void, // to another backend
  ) {}

  /** Go where an earlier visit found the best backend, or find it, when the browser has nothing better to do. */
  async begin(): Promise<void> {
    if (savesData()) return
    const known = this.recall()
    if (known) {
      this.findings = known
      await this.go()
    } else await this.explore()
    this.tellChoices()
  }

  /** Forget what was found: the backend that it led to has failed. */
  forget(): void {
    attempt(() => localStorage.removeItem(this.key))
  }

  /** Try every backend that this browser offers, one after the other, while the model decodes where it is. */
  private async explore(): Promise<void> {
    const { model } = this
    let [best, share] = [null as Model | null, SHARE]
    for (const name of await offered()) {
      await idle()
      const candidate = await this.open(name)
      if (!candidate) continue
      const found = await ratio(candidate, model, await this.fetchProbe()).catch(() => null)
      if (found !== null)
        this.findings = { ...this.findings, options: [...this.findings.options, name] }
      if (found !== null && found < share) {
        best?.close()
        ;[best, share] = [candidate, found]
      } else candidate.close()
      if (model.closed) break
    }
    if (model.closed) return best?.close()
    this.findings = { ...this.findings, fastest: best?.backend ?? 'wasm' }
    this.remember()
    if (best) this.move(best)
  }

  private readonly choose = (choice: Choice): void => {
    this.findings = { ...this.findings, choice }
    this.remember()
    this.tellChoices()
    void this.go().then(() => this.tellChoices())
  }

  /** Lead the model to the backend that is chosen. One that does not run any more is no choice any more. */
  private async go(): Promise<void> {
    this.turn += 1
    const { turn, model, findings } = this
    const name = findings.choice === 'automatic' ? findings.fastest : findings.choice
    if (name === model.backend) return
    const next = await this.open(name)
    if (turn !== this.turn || model.closed) return next?.close()
    if (next) return this.move(next)
    const { options, fastest } = findings
    this.findings = {
      options: options.filter((one) => one === 'wasm' || one !== name),
      fastest: fastest === name ? 'wasm' : fastest,
      choice: 'automatic',
    }
    this.remember()
    if (name !== 'wasm') await this.go()
  }

  private move(next: Model): void {
    this.model.become(next)
    this.moved()
  }

  private tellChoices(): void {
    const { options, choice } = this.findings
    if (!this.model.closed) this.tell({ options, choice, choose: this.choose })
  }

  /** The model on another backend, in a worker of its own; null where it does not run there, or does not reproduce the probe. */
  private async open(name: BackendName): Promise<Model | null> {
    let model: Model | null = null
    try {
      const probe = await this.fetchProbe()
      model = await Model.open(this.base, this.manifest, name, () => {})
      const { samples } = await model.decode(0, probe.sliders, probe.residual)
      if (reproduces(samples, probe)) return model
    } catch (error) {
      if (!isOfBackend(error)) {
        this.certain = false
        this.probe = null
      }
    }
    model?.close()
    return null
  }

  private fetchProbe(): Promise<Probe> {
    this.probe ??= fetchProbe(this.base, this.manifest)
    return this.probe
  }

  private get key(): string {
    return `zlide backend ${this.base.pathname}`
  }

  /** What findings hold for: this model, in this browser. */
  private get device(): string {
    return bytesToHex(
      sha256(new TextEncoder().encode(JSON.stringify(this.manifest) + navigator.userAgent)),
    )
  }

  private remember(): void {
    if (this.certain)
      attempt(() =>
        localStorage.setItem(this.key, JSON.stringify({ ...this.findings, device: this.device })),
      )
  }

  private recall(): Findings | null {
    const text = attempt(() => localStorage.getItem(this.key))
    const { device, options, fastest, choice } = (text && attempt(() => JSON.parse(text))) || {}
    const whole =
      Array.isArray(options) &&
      options.every(isBackend) &&
      isBackend(fastest) &&
      (choice === 'automatic' || isBackend(choice))
    return whole && device === this.device ? { options, fastest, choice } : null
  }
}

/** Whether the reader wants to fetch as little as can be. */
const savesData = (): boolean =>
  'connection' in navigator && (navigator.connection as { saveData?: boolean }).saveData === true

/** What this browser offers beside WebAssembly on one thread. */
async function offered(): Promise<BackendName[]> {
  const found: BackendName[] = []
  if (globalThis.crossOriginIsolated && typeof SharedArrayBuffer !== 'undefined')
    found.push('threads')
  if (hasWebGL()) found.push('webgl')
  if (await navigator.gpu?.requestAdapter().catch(() => null)) found.push('webgpu')
  return found
}

function hasWebGL(): boolean {
  if (typeof OffscreenCanvas === 'undefined') return false
  const gl = new OffscreenCanvas(1, 1).getContext('webgl2')
  gl?.getExtension('WEBGL_lose_context')?.loseContext() // a page may have a few of them only
  return gl !== null
}

/** How long a candidate takes, by the median, as a share of what the model does, at the same positions by turns. */
async function ratio(
  candidate: Model,
  model: Model,
  { sliders, residual }: Probe,
): Promise<number> {
  const times: [number[], number[]] = [[], []]
  for (let round = 0; round < ROUNDS && !model.closed; round += 1) {
    const at = round % sliders.length
    for (const [i, one] of [candidate, model].entries()) {
      const { milliseconds } = await one.decode(
        0,
        [sliders[at] as number[]],
        [residual[at] as number[]],
      )
      times[i]?.push(milliseconds)
    }
    await idle()
  }
  return median(times[0]) / median(times[1])
}

const median = (values: number[]) =>
  values.sort((a, b) => a - b)[values.length >> 1] ?? Number.POSITIVE_INFINITY

/** Until the browser has nothing to do. */
const idle = () =>
  new Promise<void>((resolve) => {
    if ('requestIdleCallback' in globalThis) requestIdleCallback(() => resolve())
    else setTimeout(resolve, 100)
  })

/** What is allowed to fail, as storage is where a browser keeps nothing. */
function attempt<T>(act: () => T): T | null {
  try {
    return act()
  } catch {
    return null
  }
}
