/**
 * The kinds of output from outside: what the file in `ZLIDE_KINDS` exports, or null without one.
 *
 * Each is a record by `decoder.kind`. The code of modalities is fetched for the first bundle.
 */
declare module 'virtual:kinds' {
  import type { Spec } from './bundle/index.ts'
  import type { CreateModality } from './modalities/index.ts'
  import type { WorkerModality } from './runtime/index.ts'

  export const specs: Readonly<Record<string, Spec>> | null
  export const modalities: Readonly<Record<string, () => Promise<CreateModality>>> | null
  export const workerModalities: Readonly<Record<string, () => Promise<WorkerModality>>> | null
}
