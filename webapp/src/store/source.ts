import type { BackendChoices, BackendName } from '../backends.ts'
import { fetchManifest, type Manifest, type Progress } from '../bundle/index.ts'
import { loadModality, type Modality, type Parity } from '../modalities/index.ts'
import { type BackendSelector, Model } from '../model/index.ts'
import type { Sample } from '../sample.ts'
import { type Example, fetchExamples, fetchPoints } from '../samples/index.ts'

/** A loaded model: what the store calls of it. */
export type LoadedModel = Pick<Model, keyof Model>

/** Where a store gets a bundle and its model. Tests give one of their own. */
export interface Source {
  fetchManifest(base: URL): Promise<Manifest>
  loadModality(manifest: Manifest, base: URL): Promise<Modality>
  fetchExamples(base: URL, manifest: Manifest, modality: Modality): Promise<Example[]>
  fetchPoints(base: URL, manifest: Manifest, set: number): Promise<Float32Array | null>
  openModel(
    base: URL,
    manifest: Manifest,
    backend: BackendName,
    onProgress: (progress: Progress) => void,
  ): Promise<LoadedModel>
  /** Switch the model to the fastest backend of this device. */
  selectBackend(
    base: URL,
    manifest: Manifest,
    model: LoadedModel,
    parity: Parity<Sample>,
    onChoices: (choices: BackendChoices) => void,
    onSwitch: () => void,
  ): Promise<Pick<BackendSelector, 'forget'>>
}

/** Bundles are fetched by URL, and a worker runs their models. */
export const network: Source = {
  fetchManifest,
  loadModality,
  fetchExamples,
  fetchPoints,
  openModel: Model.open,
  async selectBackend(base, manifest, model: Model, parity, onChoices, onSwitch) {
    const { BackendSelector } = await import('../model/backend-selector.ts')
    const selector = new BackendSelector(base, manifest, model, parity, onChoices, onSwitch)
    void selector.start().catch(() => {}) // the current backend works
    return selector
  },
}
