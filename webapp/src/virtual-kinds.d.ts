/** The kinds of output from outside, by `decoder.kind`: what the file in `ZLIDE_KINDS` exports. */
declare module 'virtual:kinds' {
  import type { Contract } from './bundle/index.ts'

  export const contracts: Readonly<Record<string, Contract>>
}
