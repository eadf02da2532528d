import { html } from 'lit'
import {
  fetchFiles,
  filesOf,
  type Manifest,
  readWords,
  requireFile,
  type Tokens,
} from '../../bundle/index.ts'
import type { Input, Modality, TextInput } from '../modality.ts'
import './decoded-sentence.ts'
import './example-sentence.ts'
import { describeSentenceDifference, type Sentence } from './sentence.ts'
import { tokenize } from './tokenize.ts'
import { describeUnread, parseSentence } from './typed-sentence.ts'
import { diffRuns } from './word-diff.ts'

/** Sentences. A step of their decoder is too small to gain from threads or a GPU. */
export const createText = (manifest: Manifest, base: URL): Modality<Sentence> => ({
  noun: 'sentence',
  verb: 'rewrites',
  layout: 'lines',
  hasSampling: true,
  parity: null,
  saving: null,
  input: createInput(manifest, base),
  width: () => null,
  textOf: ({ words }) => words.join(' '),
  describeDifference: describeSentenceDifference,
  parsePoster: (decoded) => ({ kind: 'text', words: decoded.split(' ').filter(Boolean) }),
  sampleOf: (text) =>
    manifest.tokens && {
      kind: 'text',
      words: tokenize(text, manifest.tokens),
      source: { kind: 'given', text, lower: manifest.tokens.lower },
    },
  renderDecoded: (sentence) =>
    html`<zlide-decoded-sentence .sentence=${sentence}></zlide-decoded-sentence>`,
  renderExample: ({ text, sample }) =>
    html`<zlide-example-sentence .text=${text} .sentence=${sample as Sentence | null}></zlide-example-sentence>`,
  renderSmall: (sentence, reference = null) => sentence && renderRuns(sentence, reference),
})

function renderRuns({ words }: Sentence, reference: Sentence | null) {
  if (words.length === 0) return html`<span class="quiet">(empty sentence)</span>`
  return html`${diffRuns(words, reference?.words ?? null).map(({ text, changed }) =>
    changed ? html`<mark>${text}</mark> ` : `${text} `,
  )}`
}

function createInput(manifest: Manifest, base: URL): Input<Sentence> | null {
  const { encoder, tokens } = manifest
  if (!encoder || !tokens) return null
  return {
    text: createTextInput(tokens, async () =>
      requireFile(await fetchFiles(base, filesOf(manifest, tokens.vocabulary)), tokens.vocabulary),
    ),
    file: null,
    drawing: null,
    describeUnread: ({ source }) => (source?.kind === 'typed' ? describeUnread(source) : ''),
  }
}

/** Return the input of a sentence; `fetchVocabulary` fetches the file of words. */
function createTextInput(
  tokens: Tokens,
  fetchVocabulary: () => Promise<Uint8Array>,
): TextInput<Sentence> {
  let vocabulary: ReadonlyMap<string, number> | null = null
  return {
    label: 'Your own sentence',
    placeholder: 'she plays the violin',
    maxLength: 1000,
    async read(text) {
      vocabulary ??= new Map(readWords(await fetchVocabulary()).map((word, id) => [word, id]))
      const { ids, words, source } = parseSentence(text, vocabulary, tokens)
      return { input: ids, sample: { kind: 'text', words, source } }
    },
  }
}
