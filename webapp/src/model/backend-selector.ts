// Which backend decodes on this device. Fetched after the first decode, which waits for nothing of it.

import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import {
  type BackendChoice,
  type BackendChoices,
  type BackendName,
  isBackend,
} from '../backends.ts'
import type { Manifest } from '../bundle/index.ts'
import { isBackendError } from '../errors.ts'
import { Model } from './model.ts'
import { fetchProbe, type Probe, reproduces } from './probe.ts'

/** How often a candidate and WebAssembly decode the same position by turns. */
const ROUNDS = 10

/** A candidate is taken where its median is below this share of WebAssembly's: less would not be felt. */
const MAX_RATIO = 0.8

/** What was found on this device, and what its reader chose. */
interface Findings {
  options: readonly BackendName[] // those that reproduce the probe
  fastest: BackendName
  choice: BackendChoice
}

const NO_FINDINGS: Findings = { options: ['wasm'], fastest: 'wasm', choice: 'automatic' }

/** Finds the backend that serves a model of pictures best, and leads the model there. What it found is remembered. */
export class BackendSelector {
  private findings = NO_FINDINGS
  private request = 0 // of what was chosen: the last one counts
  private isConclusive = true // no backend was passed over for a file that did not arrive
  private probe: Promise<Probe> | null = null

  constructor(
    private readonly base: URL,
    private readonly manifest: Manifest,
    private readonly model: Model,
    private readonly onChoices: (choices: BackendChoices) => void,
    private readonly onSwitch: () => void, // to another backend
  ) {}

  /** Go where an earlier visit found the best backend, or find it, when the browser has nothing better to do. */
  async start(): Promise<void> {
    if (savesData()) return
    const known = this.restore()
    if (known) {
      this.findings = known
      await this.switchToChoice()
    } else await this.measure()
    this.notifyChoices()
  }

  /** Forget what was found: the backend that it led to has failed. */
  forget(): void {
    tryOrNull(() => localStorage.removeItem(this.storageKey))
  }

  /** Try every backend that this browser offers, one after the other, while the model decodes where it is. */
  private async measure(): Promise<void> {
    const { model } = this
    let [best, share] = [null as Model | null, MAX_RATIO]
    for (const name of await availableBackends()) {
      await untilIdle()
      const candidate = await this.open(name)
      if (!candidate) continue
      const found = await timeRatio(candidate, model, await this.fetchProbe()).catch(() => null)
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
    this.save()
    if (best) this.switchTo(best)
  }

  private readonly choose = (choice: BackendChoice): void => {
    this.findings = { ...this.findings, choice }
    this.save()
    this.notifyChoices()
    void this.switchToChoice().then(() => this.notifyChoices())
  }

  /** Lead the model to the backend that is chosen. One that does not run any more is no choice any more. */
  private async switchToChoice(): Promise<void> {
    this.request += 1
    const { request, model, findings } = this
    const name = findings.choice === 'automatic' ? findings.fastest : findings.choice
    if (name === model.backend) return
    const next = await this.open(name)
    if (request !== this.request || model.closed) return next?.close()
    if (next) return this.switchTo(next)
    const { options, fastest } = findings
    this.findings = {
      options: options.filter((one) => one === 'wasm' || one !== name),
      fastest: fastest === name ? 'wasm' : fastest,
      choice: 'automatic',
    }
    this.save()
    if (name !== 'wasm') await this.switchToChoice()
  }

  private switchTo(next: Model): void {
    this.model.switchTo(next)
    this.onSwitch()
  }

  private notifyChoices(): void {
    const { options, choice } = this.findings
    if (!this.model.closed) this.onChoices({ options, choice, choose: this.choose })
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
      if (!isBackendError(error)) {
        this.isConclusive = false
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

  private get storageKey(): string {
    return `zlide backend ${this.base.pathname}`
  }

  /** What findings hold for: this model, in this browser. */
  private get device(): string {
    return bytesToHex(
      sha256(new TextEncoder().encode(JSON.stringify(this.manifest) + navigator.userAgent)),
    )
  }

  private save(): void {
    if (this.isConclusive)
      tryOrNull(() =>
        localStorage.setItem(
          this.storageKey,
          JSON.stringify({ ...this.findings, device: this.device }),
        ),
      )
  }

  private restore(): Findings | null {
    const text = tryOrNull(() => localStorage.getItem(this.storageKey))
    const { device, options, fastest, choice } = (text && tryOrNull(() => JSON.parse(text))) || {}
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
async function availableBackends(): Promise<BackendName[]> {
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
async function timeRatio(
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
    await untilIdle()
  }
  return median(times[0]) / median(times[1])
}

const median = (values: number[]) =>
  values.sort((a, b) => a - b)[values.length >> 1] ?? Number.POSITIVE_INFINITY

/** Until the browser has nothing to do. */
const untilIdle = () =>
  new Promise<void>((resolve) => {
    if ('requestIdleCallback' in globalThis) requestIdleCallback(() => resolve())
    else setTimeout(resolve, 100)
  })

/** What is allowed to fail, as storage is where a browser keeps nothing. */
function tryOrNull<T>(act: () => T): T | null {
  try {
    return act()
  } catch {
    return null
  }
}
