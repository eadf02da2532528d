// How an address spells what a reader has chosen: `e=3&z=0.5,,-1.2`, only what is not as the model opens.

import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import type { Manifest } from '../bundle/index.ts'
import { type DecodingMode, SEED_COUNT } from '../decoding-mode.ts'
import { ZlideError } from '../errors.ts'
import { type Example, isExample, type LatentPoint } from '../samples/index.ts'
import { isQuantized, LEVELS_PER_SIGMA } from './quantize.ts'
import { defaultMapAxes, type Endpoint, type Interpolation, type View } from './view.ts'

/** What a spelled view speaks of: the model, and its examples in their order. */
export interface UrlContext {
  manifest: Manifest
  examples: readonly Example[]
}

/** What an address asks for. Where the example is on a set of axes other than the first, only the decoder knows. */
export interface RequestedView {
  set: number
  example: number | null // its place among the examples; null for what the model opens with
  typedText: string | null // the reader's own sentence, in the place of an example
  hasLostPicture: boolean // a picture of the reader's own was there, which does not fit into an address
  sliders: readonly (number | null)[] // σ; null for those that stand where the example is
  residual: readonly number[] | 'home' | 'none'
  interpolation: Interpolation
  decoding: DecodingMode
  mapAxes: readonly [number, number] | null
  isOtherVersion: boolean // made with another version of the model
}

const versions = new WeakMap<readonly Example[], string>()

/** Eight digits that tell one version of a model from another: what computes, and which examples there are. What two machines make of these may differ. */
export function modelVersion({ manifest, examples }: UrlContext): string {
  const known = versions.get(examples) // a view is spelled after every decode
  if (known !== undefined) return known
  const made = [manifest.examples, manifest.probe]
  const files = manifest.files
    .filter(({ path }) => !made.includes(path))
    .map(({ sha256 }) => sha256)
  const version = bytesToHex(
    sha256(utf8ToBytes([...files, ...examples.map(({ text }) => text)].join('\n'))),
  ).slice(0, 8)
  versions.set(examples, version)
  return version
}

/** The view, without what is as the model opens; empty where everything is. */
export function encodeView(
  { position, interpolation, decoding, mapAxes }: View,
  known: UrlContext,
): string {
  const { manifest, examples } = known
  const { set, example, exampleCoordinates, sliders, residual } = position
  const number = examples.indexOf(example)
  const own = number < 0 && example.sample?.kind === 'text'
  const lost = number < 0 && !own && isExample(example)
  const onPath = interpolation.t !== null
  const moved = sliders.map((value, i) =>
    value === exampleCoordinates.sliders[i] && !lost ? null : value,
  )
  const given: [string, string | null][] = [
    ['a', set > 0 ? (manifest.axes[set]?.name ?? null) : null],
    ['e', number > 0 ? String(number + 1) : null],
    ['o', own ? example.text : null],
    ['p', lost ? '1' : null],
    ['z', (!onPath || lost) && moved.some((value) => value !== null) ? spellSliders(moved) : null],
    [
      'r',
      !lost && (onPath || same(residual, exampleCoordinates.residual))
        ? null
        : residual.every((value) => value === 0)
          ? '0'
          : pack(residual),
    ],
    [
      'b',
      interpolation.a || interpolation.b
        ? [interpolation.a, interpolation.b].map(spellEnd).join('~') +
          (interpolation.shape === 'spherical' ? '~s' : '')
        : null,
    ],
    ['t', onPath ? String(interpolation.t) : null],
    [
      'c',
      decoding.kind === 'drawn'
        ? [decoding.temperature, decoding.top ?? '', decoding.seed].join(',')
        : null,
    ],
    [
      'm',
      same(mapAxes, defaultMapAxes(sliders.length))
        ? null
        : mapAxes.map((axis) => axis + 1).join(','),
    ],
  ]
  const spelled = given.filter((pair): pair is [string, string] => pair[1] !== null)
  if (spelled.length === 0) return ''
  return [...spelled, ['v', modelVersion(known)]]
    .map(([key, value]) => `${key}=${escaped(value as string)}`)
    .join('&')
}

/** Read what `spell` wrote. Throws a ZlideError for what is damaged, or speaks of what this model does not have. */
export function decodeView(text: string, known: UrlContext): RequestedView {
  const { manifest, examples } = known
  const given = new URLSearchParams(text)
  const other = (given.get('v') ?? modelVersion(known)) !== modelVersion(known)
  const take = <T>(key: string, parse: (value: string) => T | undefined, otherwise: T): T => {
    const value = given.get(key)
    if (value === null) return otherwise
    const found = parse(value)
    if (found === undefined)
      throw damaged(`${key}=${value.length > 40 ? `${value.slice(0, 40)}…` : value}`, other)
    return found
  }
  const example = (value: string) =>
    /^[1-9]\d*$/.test(value) && Number(value) <= examples.length ? Number(value) - 1 : undefined
  const set = take('a', (name) => found(manifest.axes.findIndex((axes) => axes.name === name)), 0)
  const axes = manifest.axes[set]?.axes.length ?? 0
  const widths = { sliders: axes, residual: manifest.latent_size }
  const t = take<number | null>('t', (value) => within(value, 0, 1), null)
  const ends = take('b', (value) => readEnds(value, t, widths, example), {
    a: null,
    b: null,
    shape: 'linear',
    t: null,
  })
  if (t !== null && !(ends.a && ends.b)) throw damaged(`t=${t}`, other)
  return {
    set,
    example: take<number | null>('e', example, null),
    typedText: take<string | null>(
      'o',
      (value) => (manifest.encoder?.kind === 'text' && value.length <= 1000 ? value : undefined),
      null,
    ),
    hasLostPicture: take(
      'p',
      (value) => (value === '1' && manifest.encoder?.kind === 'image' ? true : undefined),
      false,
    ),
    sliders: take('z', (value) => readSliders(value, axes), Array(axes).fill(null)),
    residual: take<RequestedView['residual']>(
      'r',
      (value) => (value === '0' ? 'none' : unpack(value, manifest.latent_size)),
      'home',
    ),
    interpolation: ends,
    decoding: take('c', readWriting, { kind: 'greedy' }),
    mapAxes: take<RequestedView['mapAxes']>('m', (value) => readAcross(value, axes), null),
    isOtherVersion: other,
  }
}

const damaged = (what: string, other: boolean) =>
  new ZlideError(
    'this link',
    `${what} means nothing to this model, and changes nothing`,
    other ? 'it was made with another version of the model' : 'ask for a new one',
    { permanent: true },
  )

const same = (one: readonly number[], other: readonly number[]) =>
  one.every((value, i) => value === other[i])

const found = (index: number) => (index < 0 ? undefined : index)

/** As an address may have it: what reads well stays as it is. */
const escaped = (value: string) =>
  encodeURIComponent(value).replace(/%20/g, '+').replace(/%2C/g, ',').replace(/%3A/g, ':')

/** A finite number in a range. */
function within(text: string, least: number, most: number): number | undefined {
  const value = Number(text)
  return /^-?[\d.]+(e-?\d+)?$/.test(text) && value >= least && value <= most ? value : undefined
}

/** σ; far beyond what a slider reaches, as an example may be. */
const FARTHEST = 1000

/** Where the example is, in what is packed: the one number of two bytes that is no notch. */
const HOME = -(2 ** 15) / LEVELS_PER_SIGMA

/** Listed, or where that is shorter and as exact, packed: in notches, or as what decoders take, which is float32. */
function spellSliders(values: readonly (number | null)[]): string {
  const given = values.filter((value) => value !== null)
  const ways = [values.join(',').replace(/,+$/, '')]
  if (given.every(isQuantized)) ways.push(`~${pack(values.map((value) => value ?? HOME))}`)
  if (given.every((value) => Math.fround(value) === value))
    ways.push(`~~${packFloats(values.map((value) => value ?? Number.NaN))}`)
  return ways.reduce((shortest, way) => (way.length < shortest.length ? way : shortest))
}

function readSliders(text: string, axes: number): (number | null)[] | undefined {
  if (text.startsWith('~~')) return unpackFloats(text.slice(2), axes)
  if (text.startsWith('~'))
    return unpack(text.slice(1), axes)?.map((value) => (value === HOME ? null : value))
  const given = text.split(',')
  const values = given.map((value) => (value === '' ? null : within(value, -FARTHEST, FARTHEST)))
  if (values.length > axes || values.includes(undefined)) return undefined
  return [...(values as (number | null)[]), ...Array<null>(axes - values.length).fill(null)]
}

function readWriting(text: string): DecodingMode | undefined {
  const [temperature, top, seed, ...more] = text.split(',')
  const drawn = {
    temperature: within(temperature ?? '', 0.01, 100),
    top: top === '' ? null : whole(top, 1, 1e6),
    seed: whole(seed, 0, SEED_COUNT - 1),
  }
  return more.length || Object.values(drawn).includes(undefined)
    ? undefined
    : ({ kind: 'drawn', ...drawn } as DecodingMode)
}

function whole(text: string | undefined, least: number, most: number): number | undefined {
  return /^\d+$/.test(text ?? '') ? within(text as string, least, most) : undefined
}

function readAcross(text: string, axes: number): [number, number] | undefined {
  const [x, y, ...more] = text.split(',').map((axis) => whole(axis, 1, axes))
  return more.length || x === undefined || y === undefined || x === y ? undefined : [x - 1, y - 1]
}

const spellEnd = (end: Endpoint | null) =>
  !end
    ? ''
    : end.example === null
      ? pack([...end.sliders, ...end.residual])
      : String(end.example + 1)

function readEnds(
  text: string,
  t: number | null,
  widths: { sliders: number; residual: number },
  example: (value: string) => number | undefined,
): Interpolation | undefined {
  const [a, b, shape, ...more] = text.split('~')
  const ends = [a, b].map((value) => readEnd(value ?? '', widths, example))
  if (more.length || (shape !== undefined && shape !== 's') || ends.includes(undefined))
    return undefined
  return {
    a: ends[0] as Endpoint | null,
    b: ends[1] as Endpoint | null,
    shape: shape ? 'spherical' : 'linear',
    t,
  }
}

/** An example as an end has no spot yet. */
function readEnd(
  text: string,
  widths: { sliders: number; residual: number },
  example: (value: string) => number | undefined,
) {
  if (text === '') return null
  const number = example(text)
  if (number !== undefined) return { example: number, sliders: [], residual: [] } satisfies Endpoint
  const values = unpack(text, widths.sliders + widths.residual)
  return (
    values && {
      example: null,
      sliders: values.slice(0, widths.sliders),
      residual: values.slice(widths.sliders),
    }
  )
}

/** Numbers in notches, two bytes each, as letters that an address may hold. */
function pack(values: readonly number[]): string {
  const view = new DataView(new ArrayBuffer(2 * values.length))
  for (const [i, value] of values.entries())
    view.setInt16(2 * i, Math.round(value * LEVELS_PER_SIGMA), true)
  return letters(view)
}

/** Numbers as float32, four bytes each. */
function packFloats(values: readonly number[]): string {
  const view = new DataView(new ArrayBuffer(4 * values.length))
  for (const [i, value] of values.entries()) view.setFloat32(4 * i, value, true)
  return letters(view)
}

const letters = ({ buffer }: DataView<ArrayBuffer>) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=+$/, '')

/** So many bytes; undefined where these letters are not of so many. */
function bytesOf(text: string, count: number): DataView | undefined {
  if (!/^[\w-]+$/.test(text) || text.length !== Math.ceil((4 * count) / 3)) return undefined
  const bytes = Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (letter) =>
    letter.charCodeAt(0),
  )
  return new DataView(bytes.buffer)
}

function unpack(text: string, count: number): number[] | undefined {
  const view = bytesOf(text, 2 * count)
  return (
    view && Array.from({ length: count }, (_, i) => view.getInt16(2 * i, true) / LEVELS_PER_SIGMA)
  )
}

/** σ, or null for what is no number. */
function unpackFloats(text: string, count: number): (number | null)[] | undefined {
  const view = bytesOf(text, 4 * count)
  const values = view && Array.from({ length: count }, (_, i) => view.getFloat32(4 * i, true))
  return values?.every((value) => !(Math.abs(value) > FARTHEST))
    ? values.map((value) => (Number.isNaN(value) ? null : value))
    : undefined
}

/** An end with its spot, once it is known where the example is. */
export const resolveEndpoint = (
  end: Endpoint | null,
  home: (example: number) => LatentPoint,
): Endpoint | null => (end && end.example !== null ? { ...end, ...home(end.example) } : end)
