import { type Picture, toRGBA } from './sample.ts'

/** Red, green and blue, 0…255. */
type RGB = readonly [number, number, number]

/** More pixels are not looked at. */
const MAX_PIXELS = 50_000

const BLACK: RGB = [0, 0, 0]
const WHITE: RGB = [255, 255, 255]

/** Two colours nearer to each other than this look alike. */
const MIN_DISTANCE = 48

/**
 * So many colours of these pictures as "#rrggbb", common ones and rare ones in turn; black and white where there are no pictures.
 *
 * A rare one is the one farthest from those before it (Gonzalez 1985, “Clustering to minimize the maximum intercluster distance”), a common
 * one the commonest that is not like any of them.
 */
export function palette(pictures: readonly Picture[], most: number): string[] {
  const found = colours(pictures)
  const often = commonest(found)
  const chosen: RGB[] = []
  const away = found.map(() => Number.POSITIVE_INFINITY) // from the nearest that was chosen
  while (chosen.length < most) {
    const next =
      (chosen.length % 2 === 0 &&
        often.find((colour) => chosen.every((one) => distance(one, colour) > MIN_DISTANCE))) ||
      farthest(found, away)
    if (!next) break
    chosen.push(next)
    for (const [i, colour] of found.entries())
      away[i] = Math.min(away[i] as number, distance(colour, next))
  }
  return (chosen.length > 1 ? chosen : [WHITE, BLACK]).map(toHex)
}

/** The colour that is farthest from all that were chosen; undefined where all are chosen. */
function farthest(found: readonly RGB[], away: readonly number[]): RGB | undefined {
  const best = away.reduce((best, value, i) => (value > (away[best] as number) ? i : best), 0)
  return (away[best] ?? 0) > 0 ? found[best] : undefined
}

/** Each kind of colour by the first of its kind, the commonest first; colours are of one kind that share four bits of each channel. */
function commonest(found: readonly RGB[]): RGB[] {
  const kinds = new Map<number, { colour: RGB; count: number }>()
  for (const colour of found) {
    const key = colour.reduce((key, value) => 16 * key + (value >> 4), 0)
    const kind = kinds.get(key)
    if (kind) kind.count += 1
    else kinds.set(key, { colour, count: 1 })
  }
  return [...kinds.values()]
    .sort((one, other) => other.count - one.count)
    .map(({ colour }) => colour)
}

/** The colours of some pixels, evenly spread. */
function colours(pictures: readonly Picture[]): RGB[] {
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

const distance = (one: RGB, other: RGB): number =>
  Math.hypot(one[0] - other[0], one[1] - other[1], one[2] - other[2])

const toHex = (colour: RGB): string =>
  `#${colour.map((value) => value.toString(16).padStart(2, '0')).join('')}`

/** Where on the circle of hues each name ends, in degrees. */
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

/** "#ffcc00" → "yellow", for those who do not see it. */
export function colourName(colour: string): string {
  const [red, green, blue] = [1, 3, 5].map(
    (at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255,
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
  const name = HUES.find(([end]) => hue <= end)?.[1] as string
  return name === 'orange' && light < 0.45 ? `${shade}brown` : shade + name
}
