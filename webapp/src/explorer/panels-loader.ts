import type { Modality } from '../modalities/index.ts'

/** Loads the elements that the first decode does not need, and what a modality adds to them. */
export class PanelsLoader {
  areLoaded = false // the elements
  private requested: Modality | null = null
  private loaded: Modality | null = null

  constructor(
    private readonly onLoad: () => void,
    private readonly onFailure: () => void,
  ) {}

  /** Return whether everything is loaded that a modality adds. */
  isComplete(modality: Modality): boolean {
    return this.loaded === modality
  }

  /** Load what is missing for a modality. */
  async load(modality: Modality): Promise<void> {
    if (this.requested === modality) return
    this.requested = modality
    try {
      const later = modality.loadLater?.()
      later?.catch(() => {}) // reported below, unless the panels fail first
      await import('./panels.ts')
      this.areLoaded = true
      this.onLoad()
      await later
      this.loaded = modality
      this.onLoad()
    } catch {
      if (this.requested === modality) this.onFailure() // the sliders work without
    }
  }
}
