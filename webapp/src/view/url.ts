// Encodes a view for the URL: `e=3&z=0.5,,-1.2`. Only what differs from the initial view is encoded.
// docs/embedding.md describes the keys of FIELDS.

import type { Manifest } from '../bundle/index.ts'
import type { DecodingMode } from '../decoding-mode.ts'
import { ZlideError } from '../errors.ts'
import type { Modality, TextInput } from '../modalities/index.ts'
import type { Sample } from '../sample.ts'
import { type Example, isExample, type LatentPoint } from '../samples/index.ts'
import { modelVersion } from './model-version.ts'
import { pack, unpack } from './pack.ts'
import {
  decodeEnds,
  decodeExample,
  decodeMapAxes,
  decodeMode,
  decodeSliders,
  encodeEnds,
  encodeMode,
  encodeSliders,
  type Shape,
  within,
} from './url-values.ts'
import { defaultMapAxes, type Endpoint, type Interpolation, type View } from './view.ts'

/** The model that an encoded view refers to, and its examples in order. */
export interface UrlContext {
  manifest: Manifest
  examples: readonly Example[]
  modality: Pick<Modality, 'input'>
}

/** A decoded view. The coordinates of an example on another set of axes are not known yet. */
export interface RequestedView extends Omit<Values, 'ends' | 't'> {
  interpolation: Interpolation
  isOtherVersion: boolean // the link is from another version of the model
}

interface Values {
  set: number
  example: number | null // index; null for the first example
  typedText: string | null // the reader's own sentence, instead of an example
  hasLostPicture: boolean // the reader's own picture, which a URL cannot hold, was the example
  sliders: readonly (number | null)[] // σ; null for the example's own value
  residual: readonly number[] | 'home' | 'none' // 'home' for the example's own, 'none' for 0
  ends: Omit<Interpolation, 't'>
  t: number | null
  decoding: DecodingMode
  mapAxes: readonly [number, number] | null
}

/** A view to encode, and how it relates to the examples. */
interface Source extends View {
  context: UrlContext
  number: number // index of the example; negative for the reader's own
  isTyped: boolean
  isLost: boolean
}

/** The model to decode a view for. */
interface Target extends Shape {
  manifest: Manifest
  modality: UrlContext['modality']
}

interface Field<T> {
  key: string // of the URL
  initial: (target: Target) => T
  encode: (source: Source) => string | null // null for the initial value
  decode: (text: string, target: Target) => T | undefined // undefined for invalid text
}

export const FIELDS: { [Name in keyof Values]: Field<Values[Name]> } = {
  set: {
    key: 'a',
    initial: () => 0,
    encode: ({ position: { set }, context: { manifest } }) =>
      set > 0 ? (manifest.axes[set]?.name ?? null) : null,
    decode: (name, { manifest: { axes } }) => {
      const index = axes.findIndex((set) => set.name === name)
      return index < 0 ? undefined : index
    },
  },
  example: {
    key: 'e',
    initial: () => null,
    encode: ({ number }) => (number > 0 ? String(number + 1) : null),
    decode: (text, { examples }) => decodeExample(text, examples),
  },
  typedText: {
    key: 'o',
    initial: () => null,
    encode: ({ isTyped, position }) => (isTyped ? position.example.text : null),
    decode: (text, { modality }) =>
      text.length <= (textInput(modality)?.maxLength ?? -1) ? text : undefined,
  },
  hasLostPicture: {
    key: 'p',
    initial: () => false,
    encode: ({ isLost }) => (isLost ? '1' : null),
    decode: (text, { modality }) =>
      text === '1' && modality.input && !textInput(modality) ? true : undefined,
  },
  sliders: {
    key: 'z',
    initial: ({ axes }) => Array<null>(axes).fill(null),
    encode: ({ position: { sliders, exampleCoordinates }, interpolation: { t }, isLost }) => {
      const isOwn = (value: number, i: number) => value === exampleCoordinates.sliders[i]
      if (!isLost && (t !== null || sliders.every(isOwn))) return null
      return encodeSliders(sliders.map((value, i) => (isOwn(value, i) && !isLost ? null : value)))
    },
    decode: (text, { axes }) => decodeSliders(text, axes),
  },
  residual: {
    key: 'r',
    initial: () => 'home',
    encode: ({ position: { residual, exampleCoordinates }, interpolation: { t }, isLost }) => {
      if (!isLost && (t !== null || isEqual(residual, exampleCoordinates.residual))) return null
      return residual.every((value) => value === 0) ? '0' : pack(residual)
    },
    decode: (text, { latent }) => (text === '0' ? 'none' : unpack(text, latent)),
  },
  ends: {
    key: 'b',
    initial: () => ({ a: null, b: null, shape: 'linear' }),
    encode: ({ interpolation }) => encodeEnds(interpolation),
    decode: decodeEnds,
  },
  t: {
    key: 't',
    initial: () => null,
    encode: ({ interpolation: { t } }) => (t === null ? null : String(t)),
    decode: (text) => within(text, 0, 1),
  },
  decoding: {
    key: 'c',
    initial: () => ({ kind: 'greedy' }),
    encode: ({ decoding }) => encodeMode(decoding),
    decode: decodeMode,
  },
  mapAxes: {
    key: 'm',
    initial: () => null,
    encode: ({ mapAxes, position: { sliders } }) =>
      isEqual(mapAxes, defaultMapAxes(sliders.length))
        ? null
        : mapAxes.map((axis) => axis + 1).join(','),
    decode: (text, { axes }) => decodeMapAxes(text, axes),
  },
}

/** Encode a view; empty for the initial one. */
export function encodeView(view: View, context: UrlContext): string {
  const { example } = view.position
  const number = context.examples.indexOf(example)
  const isOwn = number < 0 && isExample(example)
  const isTyped = isOwn && textInput(context.modality) !== null
  const isLost = isOwn && !isTyped
  const source = { ...view, context, number, isTyped, isLost }
  const parameters = Object.values(FIELDS).flatMap(({ key, encode }) => {
    const value = encode(source)
    return value === null ? [] : [`${key}=${escaped(value)}`]
  })
  return parameters.length
    ? [...parameters, `v=${modelVersion(context.manifest, context.examples)}`].join('&')
    : ''
}

/** Decode what `encodeView` encoded. Throws a ZlideError for a value that does not fit the model. */
export function decodeView(text: string, context: UrlContext): RequestedView {
  const parameters = new URLSearchParams(text)
  const { manifest, examples, modality } = context
  const version = modelVersion(manifest, examples)
  const isOtherVersion = (parameters.get('v') ?? version) !== version
  const take = <T>({ key, initial, decode }: Field<T>, target: Target): T => {
    const value = parameters.get(key)
    if (value === null) return initial(target)
    const decoded = decode(value, target)
    if (decoded === undefined)
      throw damaged(
        `${key}=${value.length > 40 ? `${value.slice(0, 40)}…` : value}`,
        isOtherVersion,
      )
    return decoded
  }
  const model = { manifest, modality, examples: examples.length, latent: manifest.latent_size }
  const set = take(FIELDS.set, { ...model, axes: 0 })
  const target = { ...model, axes: manifest.axes[set]?.axes.length ?? 0 }
  const { ends, t, ...values } = Object.fromEntries(
    Object.entries(FIELDS).map(([name, field]) => [name, take<unknown>(field, target)]),
  ) as unknown as Values
  if (t !== null && !(ends.a && ends.b)) throw damaged(`t=${t}`, isOtherVersion)
  return { ...values, interpolation: { ...ends, t }, isOtherVersion }
}

/** Add the coordinates of an example to an endpoint that was decoded. */
export const resolveEndpoint = (
  end: Endpoint | null,
  coordinatesOf: (example: number) => LatentPoint,
): Endpoint | null =>
  end && end.example !== null ? { ...end, ...coordinatesOf(end.example) } : end

/** Return the text field of a kind; null if a link cannot hold what the reader enters. */
const textInput = ({ input }: UrlContext['modality']): TextInput<Sample> | null =>
  input?.text ?? null

const damaged = (parameter: string, isOtherVersion: boolean) =>
  new ZlideError(
    'this link',
    `${parameter} does not fit this model, so the link was ignored`,
    isOtherVersion
      ? 'ask for a new link: this one is from another version of the model'
      : 'ask for a new link',
    { permanent: true },
  )

const isEqual = (a: readonly number[], b: readonly number[]) =>
  a.every((value, i) => value === b[i])

/** Escape a value for a URL, but keep readable characters that need no escaping there. */
const escaped = (value: string) =>
  encodeURIComponent(value).replace(/%20/g, '+').replace(/%2C/g, ',').replace(/%3A/g, ':')
