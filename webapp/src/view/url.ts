// Encodes a view for the URL: `e=3&z=0.5,,-1.2`. Only what differs from the initial view is encoded.

import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import type { Manifest } from '../bundle/index.ts'
import { type DecodingMode, SEED_COUNT } from '../decoding-mode.ts'
import { ZlideError } from '../errors.ts'
import type { Modality } from '../modalities/index.ts'
import { type Example, isExample, type LatentPoint } from '../samples/index.ts'
import { pack, packFloats, unpack, unpackFloats } from './pack.ts'
import { isQuantized, LEVELS_PER_SIGMA } from './quantize.ts'
import { defaultMapAxes, type Endpoint, type Interpolation, type View } from './view.ts'

/** The model that an encoded view refers to, and its examples in order. */
export interface UrlContext {
  manifest: Manifest
  examples: readonly Example[]
  modality: Pick<Modality, 'input' | 'textOf'>
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
interface Target extends UrlContext {
  axes: number // of the set that the URL names
}

interface Field<T> {
  key: string
  initial: (target: Target) => T
  encode: (source: Source) => string | null // null for the initial value
  decode: (text: string, target: Target) => T | undefined // undefined for invalid text
}

const FIELDS: { [Name in keyof Values]: Field<Values[Name]> } = {
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
    decode: decodeExample,
  },
  typedText: {
    key: 'o',
    initial: () => null,
    encode: ({ isTyped, position }) => (isTyped ? position.example.text : null),
    decode: (text, { modality: { input } }) =>
      input?.text && text.length <= input.text.maxLength ? text : undefined,
  },
  hasLostPicture: {
    key: 'p',
    initial: () => false,
    encode: ({ isLost }) => (isLost ? '1' : null),
    decode: (text, { modality: { input } }) =>
      text === '1' && input && !input.text ? true : undefined,
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
    decode: (text, { manifest }) => (text === '0' ? 'none' : unpack(text, manifest.latent_size)),
  },
  ends: {
    key: 'b',
    initial: () => ({ a: null, b: null, shape: 'linear' }),
    encode: ({ interpolation: { a, b, shape } }) =>
      a || b ? [a, b].map(encodeEnd).join('~') + (shape === 'spherical' ? '~s' : '') : null,
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
    encode: ({ decoding }) =>
      decoding.kind === 'drawn'
        ? [decoding.temperature, decoding.top ?? '', decoding.seed].join(',')
        : null,
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
  const { sample } = example
  const number = context.examples.indexOf(example)
  const isTyped = number < 0 && sample !== null && context.modality.textOf(sample) !== null
  const isLost = number < 0 && !isTyped && isExample(example)
  const source = { ...view, context, number, isTyped, isLost }
  const parameters = Object.values(FIELDS).flatMap(({ key, encode }) => {
    const value = encode(source)
    return value === null ? [] : [`${key}=${escaped(value)}`]
  })
  return parameters.length ? [...parameters, `v=${modelVersion(context)}`].join('&') : ''
}

/** Decode what `encodeView` encoded. Throws a ZlideError for a value that does not fit the model. */
export function decodeView(text: string, context: UrlContext): RequestedView {
  const parameters = new URLSearchParams(text)
  const version = modelVersion(context)
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
  const set = take(FIELDS.set, { ...context, axes: 0 })
  const target = { ...context, axes: context.manifest.axes[set]?.axes.length ?? 0 }
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

const versions = new WeakMap<readonly Example[], string>()

/**
 * Return eight digits that identify a version of a model: its graphs and the texts of its examples.
 *
 * Coordinates of examples and the probe are left out, because they differ between two machines.
 */
export function modelVersion({ manifest, examples }: UrlContext): string {
  const known = versions.get(examples) // a view is encoded after every decode
  if (known !== undefined) return known
  const computed = [manifest.examples, manifest.probe]
  const hashes = manifest.files
    .filter(({ path }) => !computed.includes(path))
    .map(({ sha256 }) => sha256)
  const text = [...hashes, ...examples.map(({ text }) => text)].join('\n')
  const version = bytesToHex(sha256(utf8ToBytes(text))).slice(0, 8)
  versions.set(examples, version)
  return version
}

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

/** Parse a finite number of a range. */
function within(text: string, least: number, most: number): number | undefined {
  const value = Number(text)
  return /^-?[\d.]+(e-?\d+)?$/.test(text) && value >= least && value <= most ? value : undefined
}

function integer(text: string | undefined, least: number, most: number): number | undefined {
  return /^\d+$/.test(text ?? '') ? within(text as string, least, most) : undefined
}

function decodeExample(text: string, { examples }: Target): number | undefined {
  return /^[1-9]\d*$/.test(text) && Number(text) <= examples.length ? Number(text) - 1 : undefined
}

/** σ. Examples may be far beyond a slider's range. */
const MAX_SLIDER = 1000

/** The packed form of null: the one value of two bytes that is not a level. */
const PACKED_NULL = -(2 ** 15) / LEVELS_PER_SIGMA

/** Encode sliders as a list, or packed without loss, as levels or float32, if that is shorter. */
function encodeSliders(values: readonly (number | null)[]): string {
  const numbers = values.filter((value) => value !== null)
  const encodings = [values.join(',').replace(/,+$/, '')]
  if (numbers.every(isQuantized))
    encodings.push(`~${pack(values.map((value) => value ?? PACKED_NULL))}`)
  if (numbers.every((value) => Math.fround(value) === value))
    encodings.push(`~~${packFloats(values.map((value) => value ?? Number.NaN))}`)
  return encodings.reduce((shortest, text) => (text.length < shortest.length ? text : shortest))
}

function decodeSliders(text: string, axes: number): (number | null)[] | undefined {
  if (text.startsWith('~~')) {
    const values = unpackFloats(text.slice(2), axes)
    if (values?.some((value) => Math.abs(value) > MAX_SLIDER)) return undefined
    return values?.map((value) => (Number.isNaN(value) ? null : value))
  }
  if (text.startsWith('~'))
    return unpack(text.slice(1), axes)?.map((value) => (value === PACKED_NULL ? null : value))
  const values = text
    .split(',')
    .map((value) => (value === '' ? null : within(value, -MAX_SLIDER, MAX_SLIDER)))
  if (values.length > axes || values.includes(undefined)) return undefined
  return [...(values as (number | null)[]), ...Array<null>(axes - values.length).fill(null)]
}

function decodeMode(text: string): DecodingMode | undefined {
  const [temperature, top, seed, ...more] = text.split(',')
  const parameters = {
    temperature: within(temperature ?? '', 0.01, 100),
    top: top === '' ? null : integer(top, 1, 1e6),
    seed: integer(seed, 0, SEED_COUNT - 1),
  }
  return more.length || Object.values(parameters).includes(undefined)
    ? undefined
    : ({ kind: 'drawn', ...parameters } as DecodingMode)
}

function decodeMapAxes(text: string, axes: number): [number, number] | undefined {
  const [x, y, ...more] = text.split(',').map((axis) => integer(axis, 1, axes))
  return more.length || x === undefined || y === undefined || x === y ? undefined : [x - 1, y - 1]
}

function encodeEnd(end: Endpoint | null): string {
  if (!end) return ''
  return end.example === null ? pack([...end.sliders, ...end.residual]) : String(end.example + 1)
}

function decodeEnds(text: string, target: Target): Values['ends'] | undefined {
  const [a, b, shape, ...more] = text.split('~')
  const ends = [a, b].map((end) => decodeEnd(end ?? '', target))
  if (more.length || (shape !== undefined && shape !== 's') || ends.includes(undefined))
    return undefined
  return {
    a: ends[0] as Endpoint | null,
    b: ends[1] as Endpoint | null,
    shape: shape ? 'spherical' : 'linear',
  }
}

/** Decode an endpoint; an example's has no coordinates yet. */
function decodeEnd(text: string, target: Target): Endpoint | null | undefined {
  if (text === '') return null
  const example = decodeExample(text, target)
  if (example !== undefined) return { example, sliders: [], residual: [] }
  const { axes, manifest } = target
  const values = unpack(text, axes + manifest.latent_size)
  return values && { example: null, sliders: values.slice(0, axes), residual: values.slice(axes) }
}
