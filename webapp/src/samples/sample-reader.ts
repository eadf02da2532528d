import type { Sample } from '../sample.ts'

/** Return whether another sample is of the same kind. */
export const isSameKind = <S extends Sample>(sample: S, other: Sample): other is S =>
  sample.kind === other.kind

/** Reads the samples that a bundle holds; each kind of output has its own. */
export interface SampleReader<S extends Sample = Sample> {
  /** Read the decoded sample of a poster. */
  parsePoster(decoded: string): S

  /** Return the sample of an example with this text; null if the text is only a name. */
  sampleOf(text: string): S | null

  /** Split the file with the pictures of the examples; kinds without such a file leave it out. */
  splitPictures?(path: string, png: Uint8Array, count: number): Promise<S[]>
}
