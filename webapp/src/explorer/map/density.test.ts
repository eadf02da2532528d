import { expect, test } from 'vitest'
import { seeded } from '../../../test/random.ts'
import { density } from './density.ts'

/** Box and Muller 1958. */
function gaussian(seed: number): () => number {
  const random = seeded(seed)
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

const normal = gaussian(1)
const WIDTH = 4
const points = Float32Array.from({ length: 2000 * WIDTH }, normal)

/** "M1 2L3 4Z…" → rings of positions */
const ringsOf = (path: string) =>
  path
    .split('Z')
    .filter(Boolean)
    .map((ring) =>
      ring
        .slice(1)
        .split('L')
        .map((position) => position.split(' ').map(Number) as [number, number]),
    )

/** Return whether a filled path contains a position: a ray from it crosses an odd number of edges. */
function contains(path: string, [x, y]: readonly [number, number]): boolean {
  const edges = ringsOf(path).flatMap((ring) =>
    ring.map((from, i) => [from, ring[(i + 1) % ring.length] as [number, number]] as const),
  )
  const crossed = edges.filter(
    ([[x1, y1], [x2, y2]]) =>
      (y1 as number) > y !== y2 > y &&
      x < ((x2 - (x1 as number)) * (y - (y1 as number))) / (y2 - (y1 as number)) + (x1 as number),
  )
  return crossed.length % 2 === 1
}

const percent = (value: number) => 50 + (50 * value) / 3

test('contours of a Gaussian enclose their shares of the points, the widest first', () => {
  const { contours } = density(points, WIDTH, [2, 0], 3)
  const shares = contours.map((path) => {
    const held = Array.from({ length: 2000 }, (_, i) =>
      contains(path, [
        percent(points[i * WIDTH + 2] as number),
        100 - percent(points[i * WIDTH] as number),
      ]),
    )
    return held.filter(Boolean).length / 2000
  })
  expect(shares).toHaveLength(5)
  for (const [i, share] of [0.95, 0.8, 0.6, 0.4, 0.2].entries())
    expect(Math.abs((shares[i] as number) - share)).toBeLessThan(0.08)
})

test('the first axis points right and the second up', () => {
  const moved = points.map((value, i) => 0.2 * value + ([0, 0, -1, 2][i % WIDTH] as number))
  const { contours } = density(moved, WIDTH, [3, 2], 3)
  const middle = contours.at(-1) as string
  expect(contains(middle, [percent(2), 100 - percent(-1)])).toBe(true)
  expect(contains(middle, [percent(-1), 100 - percent(2)])).toBe(false)
  const wide = ringsOf(contours[0] as string)
    .flat()
    .map(([x]) => x)
  expect(Math.min(...wide)).toBeGreaterThan(percent(1))
})

test('draws one dot for each point inside the plane', () => {
  const { dots } = density(Float32Array.of(0, 1.5, 3.01, 0, -3, 3, 0, -17), 2, [0, 1], 3)
  expect(dots).toBe('M50.00 25.00h0M0.00 0.00h0')
})
