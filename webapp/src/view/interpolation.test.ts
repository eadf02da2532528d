import { expect, test } from 'vitest'
import type { LatentPoint } from '../samples/example.ts'
import { angleBetween, type Path, samplePath } from './interpolation.ts'
import { isQuantized, LEVELS_PER_SIGMA } from './quantize.ts'

/** A reproducible random number generator (Park and Miller 1988). */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48271) % 2147483647
    return state / 2147483647 - 0.5
  }
}

const LATENT = 8
const STDEVS = [1.2, 0.9, 0.5] // of the axes
const draw = generator(7)
const vector = () => Array.from({ length: LATENT }, draw)
const dot = (one: readonly number[], other: readonly number[]) =>
  one.reduce((sum, value, i) => sum + value * (other[i] as number), 0)
const length = (z: readonly number[]) => Math.sqrt(dot(z, z))
const mix = (alpha: number, one: readonly number[], beta: number, other: readonly number[]) =>
  one.map((value, i) => alpha * value + beta * (other[i] as number))

/** Orthonormal directions like those of a PCA (Gram–Schmidt). */
const axes = STDEVS.reduce<number[][]>((found) => {
  const left = found.reduce((rest, axis) => mix(1, rest, -dot(rest, axis), axis), vector())
  return [...found, left.map((value) => value / length(left))]
}, [])
const mean = vector()

function locate(z: readonly number[]): LatentPoint {
  const from = mix(1, z, -1, mean)
  return {
    sliders: axes.map((axis, k) => dot(from, axis) / (STDEVS[k] as number)),
    residual: axes.reduce((rest, axis) => mix(1, rest, -dot(rest, axis), axis), from),
  }
}

const toZ = ({ sliders, residual }: LatentPoint): number[] =>
  axes.reduce(
    (z, axis, k) => mix(1, z, (sliders[k] as number) * (STDEVS[k] as number), axis),
    mix(1, mean, 1, residual),
  )

const [zA, zB] = [vector().map((value) => 3 * value), vector().map((value) => 2 * value)] as [
  number[],
  number[],
]
const [a, b, origin] = [locate(zA), locate(zB), locate(zA.map(() => 0))] as [
  LatentPoint,
  LatentPoint,
  LatentPoint,
]
const linear: Path = { kind: 'linear', a, b }
const spherical: Path = { kind: 'spherical', a, b, origin, angle: angleBetween(zA, zB) }
const WITHIN = [1 / 16, 1 / 8, 0.3, 1 / 2, 0.77, 15 / 16]

/** Expect a difference no larger than quantization causes. */
function expectNear(z: readonly number[], expected: readonly number[]) {
  for (const [i, value] of z.entries())
    expect(Math.abs(value - (expected[i] as number))).toBeLessThan(3 / LEVELS_PER_SIGMA)
}

test("the test's own conversions are inverse to each other", () => {
  expect(toZ(a).every((value, i) => Math.abs(value - (zA[i] as number)) < 1e-12)).toBe(true)
  expect(length(toZ(origin))).toBeLessThan(1e-12)
})

test('a path begins exactly at a and ends exactly at b', () => {
  for (const path of [linear, spherical]) {
    expect(samplePath(path, 0)).toEqual(a)
    expect(samplePath(path, 1)).toEqual(b)
    expect(samplePath(path, -0.5)).toEqual(a)
    expect(samplePath(path, 1.5)).toEqual(b)
  }
})

test('the linear path is straight in z', () => {
  for (const t of WITHIN) expectNear(toZ(samplePath(linear, t)), mix(1 - t, zA, t, zB))
})

test('the spherical path mixes only the z of its ends, regardless of the mean of the axes', () => {
  const omega = Math.acos(dot(zA, zB) / length(zA) / length(zB))
  for (const t of WITHIN) {
    const [alpha, beta] = [
      Math.sin((1 - t) * omega) / Math.sin(omega),
      Math.sin(t * omega) / Math.sin(omega),
    ]
    expectNear(toZ(samplePath(spherical, t)), mix(alpha, zA, beta, zB))
  }
})

test('between z of equal length, the spherical path keeps that length and turns evenly', () => {
  const far = zB.map((value) => (value * length(zA)) / length(zB))
  const onSphere: Path = {
    kind: 'spherical',
    a,
    b: locate(far),
    origin,
    angle: angleBetween(zA, far),
  }
  for (const t of WITHIN) {
    const z = toZ(samplePath(onSphere, t))
    expect(length(z)).toBeCloseTo(length(zA), 2)
    expect(angleBetween(zA, z)).toBeCloseTo(t * angleBetween(zA, far), 2)
  }
  const middle = length(toZ(samplePath({ kind: 'linear', a, b: locate(far) }, 0.5)))
  expect(middle).toBeCloseTo(length(zA) * Math.cos(angleBetween(zA, far) / 2), 2)
  expect(middle).toBeLessThan(0.9 * length(zA))
})

test('the spherical path is linear if its ends are in line with z = 0', () => {
  for (const [scale, turn] of [
    [2, 0],
    [-2, Math.PI],
    [0, 0],
  ] as const) {
    const other = zA.map((value) => scale * value)
    expect(angleBetween(zA, other)).toBeCloseTo(turn, 6)
    const path: Path = {
      kind: 'spherical',
      a,
      b: locate(other),
      origin,
      angle: angleBetween(zA, other),
    }
    for (const t of WITHIN) expectNear(toZ(samplePath(path, t)), mix(1 - t, zA, t, other))
  }
})

test('a link can encode every point between the ends of a path', () => {
  const distant: Path = {
    kind: 'linear',
    a: { sliders: [90], residual: [-90, 1 / 3] },
    b: { sliders: [80], residual: [-80, 1 / 7] },
  }
  for (const path of [linear, spherical, distant]) {
    for (const t of WITHIN) {
      const { sliders, residual } = samplePath(path, t)
      for (const value of [...sliders, ...residual]) {
        expect(isQuantized(value)).toBe(true)
        expect(Math.abs(value)).toBeLessThan(8.2)
      }
    }
  }
})

test('measures the angle between the directions of two z', () => {
  expect(angleBetween([1, 0], [0, 5])).toBeCloseTo(Math.PI / 2)
  expect(angleBetween([1, 1], [3, 0])).toBeCloseTo(Math.PI / 4)
  expect(angleBetween([0.1, 0.2, 0.3], [0.1, 0.2, 0.3])).toBe(0)
})
