import { type Picture, toRGBA } from './sample.ts'

/** Red, green and blue, 0…255. */
type Colour = readonly [number, number, number]

/** More pixels are not looked at. */
const ENOUGH = 50_000

const BLACK: Colour = [0, 0, 0]
const WHITE: Colour = [255, 255, 255]

/**
 * Colours of these pictures that lie as far from each other as they can, as "#rrggbb"; black and white where there are no pictures.
 *
 * Each is the one farthest from those before it (Gonzalez 1985, “Clustering to minimize the maximum intercluster distance”), and the first
 * the one farthest from what is common.
 */
export function palette(pictures: readonly Picture[], most: number): string[] {
  const found = colours(pictures)
  const chosen: Colour[] = []
  const away = found.map((colour) => distance(colour, middle(found)))
  while (chosen.length < most) {
    const farthest = away.reduce((best, value, i) => (value > (away[best] as number) ? i : best), 0)
    const next = found[farthest]
    if (!next || away[farthest] === 0) break
    chosen.push(next)
    for (const [i, colour] of found.entries())
      away[i] = chosen.length === 1 ? distance(colour, next) : Math.min(away[i] as number, distance(colour, next))
  }
  return (chosen.length > 1 ? chosen : [WHITE, BLACK]).map(spell)
}

/** The colours of some pixels, evenly spread. */
function colours(pictures: readonly Picture[]): Colour[] {
  const all = pictures.reduce((sum, { size }) => sum + size.height * size.width, 0)
  const step = Math.max(1, Math.ceil(all / ENOUGH))
  return pictures.flatMap((picture) => {
    const bytes = toRGBA(picture)
    const { height, width } = picture.size
    return Array.from({ length: Math.ceil((height * width) / step) }, (_, i) => at(bytes, 4 * step * i))
  })
}

const at = (bytes: Uint8ClampedArray, i: number): Colour => [bytes[i] as number, bytes[i + 1] as number, bytes[i + 2] as number]

function middle(colours: readonly Colour[]): Colour {
  const mean = (channel: 0 | 1 | 2) => colours.reduce((sum, colour) => sum + colour[channel], 0) / colours.length
  return [mean(0), mean(1), mean(2)]
}

const distance = (one: Colour, other: Colour): number => Math.hypot(one[0] - other[0], one[1] - other[1], one[2] - other[2])

const spell = (colour: Colour): string => `#${colour.map((value) => value.toString(16).padStart(2, '0')).join('')}`

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
export function nameOf(colour: string): string {
  const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255) as [number, number, number]
  const [least, largest] = [Math.min(red, green, blue), Math.max(red, green, blue)]
  const [light, chroma] = [(least + largest) / 2, largest - least]
  if (light < 0.08) return 'black'
  if (light > 0.95) return 'white'
  const shade = light < 0.3 ? 'dark ' : light > 0.7 ? 'light ' : ''
  if (chroma < 0.1) return `${shade}grey`
  const sixth = largest === red ? (green - blue) / chroma : largest === green ? 2 + (blue - red) / chroma : 4 + (red - green) / chroma
  const hue = (60 * sixth + 360) % 360
  const name = HUES.find(([end]) => hue <= end)?.[1] as string
  return name === 'orange' && light < 0.45 ? `${shade}brown` : shade + name
}
