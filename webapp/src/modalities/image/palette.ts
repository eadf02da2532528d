import { type Picture, toRGBA } from './picture.ts'

/** Red, green and blue, 0…255. */
type RGB = readonly [number, number, number]

/** At most this many pixels are sampled. */
const MAX_PIXELS = 50_000

const BLACK: RGB = [0, 0, 0]
const WHITE: RGB = [255, 255, 255]

/** Colors nearer to each other than this look alike. */
const MIN_DISTANCE = 48

/**
 * Return at most `size` colors of these pictures as "#rrggbb", common and rare ones alternating.
 *
 * Without pictures they are white and black. A rare color is the one farthest from those chosen
 * before (Gonzalez 1985, “Clustering to minimize the maximum intercluster distance”). A common color
 * is the most frequent one that is unlike all of them.
 */
export function palette(pictures: readonly Picture[], size: number): string[] {
  const colors = sampleColors(pictures)
  const frequent = byFrequency(colors)
  const chosen: RGB[] = []
  const distances = colors.map(() => Number.POSITIVE_INFINITY) // to the nearest chosen color
  while (chosen.length < size) {
    const next =
      (chosen.length % 2 === 0 &&
        frequent.find((color) => chosen.every((other) => distance(other, color) > MIN_DISTANCE))) ||
      farthest(colors, distances)
    if (!next) break
    chosen.push(next)
    for (const [i, color] of colors.entries())
      distances[i] = Math.min(distances[i] as number, distance(color, next))
  }
  return (chosen.length > 1 ? chosen : [WHITE, BLACK]).map(toHex)
}

/** Return the color with the largest distance; undefined if every color is chosen. */
function farthest(colors: readonly RGB[], distances: readonly number[]): RGB | undefined {
  const best = distances.reduce(
    (best, value, i) => (value > (distances[best] as number) ? i : best),
    0,
  )
  return (distances[best] ?? 0) > 0 ? colors[best] : undefined
}

/** Return one color of each bin of 4 bits per channel, the most frequent bin first. */
function byFrequency(colors: readonly RGB[]): RGB[] {
  const bins = new Map<number, { color: RGB; count: number }>()
  for (const color of colors) {
    const key = color.reduce((key, value) => 16 * key + (value >> 4), 0)
    const bin = bins.get(key)
    if (bin) bin.count += 1
    else bins.set(key, { color, count: 1 })
  }
  return [...bins.values()].sort((a, b) => b.count - a.count).map(({ color }) => color)
}

/** Return the colors of evenly spaced pixels. */
function sampleColors(pictures: readonly Picture[]): RGB[] {
  const all = pictures.reduce((sum, { size }) => sum + size.height * size.width, 0)
  const step = Math.max(1, Math.ceil(all / MAX_PIXELS))
  return pictures.flatMap((picture) => {
    const bytes = toRGBA(picture)
    const { height, width } = picture.size
    return Array.from({ length: Math.ceil((height * width) / step) }, (_, i) =>
      pixelAt(bytes, 4 * step * i),
    )
  })
}

const pixelAt = (bytes: Uint8ClampedArray, i: number): RGB => [
  bytes[i] as number,
  bytes[i + 1] as number,
  bytes[i + 2] as number,
]

const distance = (a: RGB, b: RGB): number => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2])

const toHex = (color: RGB): string =>
  `#${color.map((value) => value.toString(16).padStart(2, '0')).join('')}`

/**
 * The names of hues, each with the angle below which it holds, in degrees. The same table is in
 * converter/zlide/describe/pictures.py; both are tested against tests/golden/hues.json.
 */
const HUES: readonly (readonly [number, string])[] = [
  [15, 'red'],
  [45, 'orange'],
  [70, 'yellow'],
  [165, 'green'],
  [195, 'cyan'],
  [260, 'blue'],
  [300, 'purple'],
  [345, 'pink'],
  [360, 'red'],
]

/** "#ffcc00" → "yellow", for screen readers. */
export function colorName(color: string): string {
  const [red, green, blue] = [1, 3, 5].map(
    (at) => Number.parseInt(color.slice(at, at + 2), 16) / 255,
  ) as [number, number, number]
  const [least, largest] = [Math.min(red, green, blue), Math.max(red, green, blue)]
  const [light, chroma] = [(least + largest) / 2, largest - least]
  if (light < 0.08) return 'black'
  if (light > 0.95) return 'white'
  const shade = light < 0.3 ? 'dark ' : light > 0.7 ? 'light ' : ''
  if (chroma < 0.1) return `${shade}grey`
  const sixth =
    largest === red
      ? (green - blue) / chroma
      : largest === green
        ? 2 + (blue - red) / chroma
        : 4 + (red - green) / chroma
  const hue = (60 * sixth + 360) % 360
  const name = HUES.find(([end]) => hue < end)?.[1] as string
  return name === 'orange' && light < 0.45 ? `${shade}brown` : shade + name
}
