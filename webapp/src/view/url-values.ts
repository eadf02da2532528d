// The values of a URL as text. Decoders return undefined for text that does not fit the model.

import { type DecodingMode, SEED_COUNT } from '../decoding-mode.ts'
import { pack, packFloats, unpack, unpackFloats } from './pack.ts'
import { isQuantized, LEVELS_PER_SIGMA } from './quantize.ts'
import type { Endpoint, Interpolation } from './view.ts'

/** Parse a finite number of a range. */
export function within(text: string, least: number, most: number): number | undefined {
  const value = Number(text)
  return /^-?[\d.]+(e-?\d+)?$/.test(text) && value >= least && value <= most ? value : undefined
}

function integer(text: string | undefined, least: number, most: number): number | undefined {
  return /^\d+$/.test(text ?? '') ? within(text as string, least, most) : undefined
}

/** Parse an index of one of `count` examples, which URLs count from 1. */
export function decodeExample(text: string, count: number): number | undefined {
  return /^[1-9]\d*$/.test(text) && Number(text) <= count ? Number(text) - 1 : undefined
}

/** σ. Examples may be far beyond a slider's range. */
const MAX_SLIDER = 1000

/** The packed form of null: the one value of two bytes that is not a level. */
const PACKED_NULL = -(2 ** 15) / LEVELS_PER_SIGMA

/** Encode sliders as a list, or packed without loss, as levels or float32, if that is shorter. */
export function encodeSliders(values: readonly (number | null)[]): string {
  const numbers = values.filter((value) => value !== null)
  const encodings = [values.join(',').replace(/,+$/, '')]
  if (numbers.every(isQuantized))
    encodings.push(`~${pack(values.map((value) => value ?? PACKED_NULL))}`)
  if (numbers.every((value) => Math.fround(value) === value))
    encodings.push(`~~${packFloats(values.map((value) => value ?? Number.NaN))}`)
  return encodings.reduce((shortest, text) => (text.length < shortest.length ? text : shortest))
}

export function decodeSliders(text: string, axes: number): (number | null)[] | undefined {
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

export function encodeMode(mode: DecodingMode): string | null {
  return mode.kind === 'drawn' ? [mode.temperature, mode.top ?? '', mode.seed].join(',') : null
}

export function decodeMode(text: string): DecodingMode | undefined {
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

export function decodeMapAxes(text: string, axes: number): [number, number] | undefined {
  const [x, y, ...more] = text.split(',').map((axis) => integer(axis, 1, axes))
  return more.length || x === undefined || y === undefined || x === y ? undefined : [x - 1, y - 1]
}

/** The shape of a model: what the values of a URL have to fit. */
export interface Shape {
  examples: number
  axes: number // of the set in use
  latent: number
}

type Ends = Pick<Interpolation, 'a' | 'b' | 'shape'>

/** Encode A, B and the shape of the path; null without ends. */
export function encodeEnds({ a, b, shape }: Ends): string | null {
  return a || b ? [a, b].map(encodeEnd).join('~') + (shape === 'spherical' ? '~s' : '') : null
}

export function decodeEnds(text: string, model: Shape): Ends | undefined {
  const [a, b, shape, ...more] = text.split('~')
  const ends = [a, b].map((end) => decodeEnd(end ?? '', model))
  if (more.length || (shape !== undefined && shape !== 's') || ends.includes(undefined))
    return undefined
  return {
    a: ends[0] as Endpoint | null,
    b: ends[1] as Endpoint | null,
    shape: shape ? 'spherical' : 'linear',
  }
}

function encodeEnd(end: Endpoint | null): string {
  if (!end) return ''
  return end.example === null ? pack([...end.sliders, ...end.residual]) : String(end.example + 1)
}

/** Decode an endpoint; an example's has no coordinates yet. */
function decodeEnd(text: string, { examples, axes, latent }: Shape): Endpoint | null | undefined {
  if (text === '') return null
  const example = decodeExample(text, examples)
  if (example !== undefined) return { example, sliders: [], residual: [] }
  const values = unpack(text, axes + latent)
  return values && { example: null, sliders: values.slice(0, axes), residual: values.slice(axes) }
}
