import type { Modality } from '../modalities/index.ts'

/** Loads the elements that the first decode does not need, and what a modality adds to them. */
export class PanelsLoader {
  areLoaded = false
  haveFailed = false // the sliders work without
  private modality: Modality | null = null // the last one

  constructor(private readonly onEnd: () => void) {}

  async load(modality: Modality): Promise<void> {
    if (this.modality === modality) return
    this.modality = modality
    try {
      await Promise.all([import('./panels.ts'), modality.loadLater?.()])
      this.areLoaded = true
    } catch {
      this.haveFailed = true
    }
    this.onEnd()
  }
}
