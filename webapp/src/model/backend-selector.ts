// Selects the backend for this device. It is fetched after the first decode and does not delay it.

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
import type { Parity } from '../modalities/index.ts'
import type { Sample } from '../sample.ts'
import { Model } from './model.ts'
import { fetchProbe, type Probe, reproduces } from './probe.ts'
import { isRecorderOn } from './recorder-switch.ts'

/** Number of positions that a candidate and WebAssembly decode alternately. */
const ROUNDS = 10

/** A candidate must take less than this share of WebAssembly's median time. Less would not be noticed. */
const MAX_RATIO = 0.8

/** The results of measuring this device, and the reader's choice. */
interface Findings {
  options: readonly BackendName[] // the backends that reproduce the probe
  fastest: BackendName
  choice: BackendChoice
}

const NO_FINDINGS: Findings = { options: ['wasm'], fastest: 'wasm', choice: 'automatic' }

/**
 * Finds the fastest backend for a model, switches the model to it, and stores the result.
 *
 * Without the recorder, WebAssembly is slower than on other visits, so nothing is stored or restored.
 */
export class BackendSelector {
  private findings = NO_FINDINGS
  private request = 0 // the number of the last switch: earlier ones are dropped
  private isConclusive = true // false if a backend was skipped because a file did not arrive
  private probe: Promise<Probe> | null = null

  constructor(
    private readonly base: URL,
    private readonly manifest: Manifest,
    private readonly model: Model,
    private readonly parity: Parity<Sample>,
    private readonly onChoices: (choices: BackendChoices) => void,
    private readonly onSwitch: () => void,
  ) {}

  /** Switch to the backend of an earlier visit, or measure all of them while the browser is idle. */
  async start(): Promise<void> {
    if (savesData()) return
    const known = this.restore()
    if (known) {
      this.findings = known
      await this.switchToChoice()
    } else await this.measure()
    this.notifyChoices()
  }

  /** Delete the stored findings, because their backend has failed. */
  forget(): void {
    tryOrNull(() => localStorage.removeItem(this.storageKey))
  }

  /** Measure every available backend, one after the other, while the model continues to decode. */
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

  /** Switch the model to the chosen backend. One that no longer runs is removed from the options. */
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
      options: options.filter((option) => option === 'wasm' || option !== name),
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

  /** Open the model on another backend, in a new worker; null if it fails or does not reproduce the probe. */
  private async open(name: BackendName): Promise<Model | null> {
    let model: Model | null = null
    try {
      const probe = await this.fetchProbe()
      model = await Model.open(this.base, this.manifest, name, () => {})
      const { samples } = await model.decode(0, probe.sliders, probe.residual)
      if (reproduces(samples, probe, this.parity)) return model
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
    this.probe ??= fetchProbe(this.base, this.manifest, this.parity.tensor)
    return this.probe
  }

  private get storageKey(): string {
    return `zlide backend ${this.base.pathname}`
  }

  /** A hash of this model and this browser, for which findings are valid. */
  private get device(): string {
    return bytesToHex(
      sha256(new TextEncoder().encode(JSON.stringify(this.manifest) + navigator.userAgent)),
    )
  }

  private save(): void {
    if (this.isConclusive && isRecorderOn())
      tryOrNull(() =>
        localStorage.setItem(
          this.storageKey,
          JSON.stringify({ ...this.findings, device: this.device }),
        ),
      )
  }

  private restore(): Findings | null {
    if (!isRecorderOn()) return null
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

/** Return whether the reader asked the browser to save data. */
const savesData = (): boolean =>
  'connection' in navigator && (navigator.connection as { saveData?: boolean }).saveData === true

/** Return the backends that this browser offers in addition to `wasm`. */
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
  gl?.getExtension('WEBGL_lose_context')?.loseContext() // a page may have only a few contexts
  return gl !== null
}

/** Return a candidate's median time divided by the model's, at the same positions, alternately. */
async function timeRatio(
  candidate: Model,
  model: Model,
  { sliders, residual }: Probe,
): Promise<number> {
  const times: [number[], number[]] = [[], []]
  for (let round = 0; round < ROUNDS && !model.closed; round += 1) {
    const row = round % sliders.length
    for (const [i, contender] of [candidate, model].entries()) {
      const { milliseconds } = await contender.decode(
        0,
        [sliders[row] as number[]],
        [residual[row] as number[]],
      )
      times[i]?.push(milliseconds)
    }
    await untilIdle()
  }
  return median(times[0]) / median(times[1])
}

const median = (values: number[]) =>
  values.sort((a, b) => a - b)[values.length >> 1] ?? Number.POSITIVE_INFINITY

/** Wait until the browser is idle. */
const untilIdle = () =>
  new Promise<void>((resolve) => {
    if ('requestIdleCallback' in globalThis) requestIdleCallback(() => resolve())
    else setTimeout(resolve, 100)
  })

/** Return null if `act` throws, as storage does in browsers that keep nothing. */
function tryOrNull<T>(act: () => T): T | null {
  try {
    return act()
  } catch {
    return null
  }
}
