import { html } from 'lit'
import type { Manifest } from 'zlide/bundle'
import type { Modality } from 'zlide/modalities'
import { type Curve, decoderOf } from './spec.ts'
import './curve-view.ts'

/** The width of a curve in CSS pixels. */
const WIDTH = 320

/** Values that differ by less count as equal on another backend. */
const TOLERANCE = 1e-4

/** Curves on the page. All of one bundle are drawn on one scale. */
export function createCurve(manifest: Manifest): Modality<Curve> {
  const known = manifest.posters.map(({ text, decoded }) => ({ text, curve: parse(decoded) }))
  const reach = Math.max(1, ...known.flatMap(({ curve }) => Array.from(curve.values, Math.abs)))
  const render = (curve: Curve | null, label = '') =>
    html`<zlide-curve label=${label} .length=${decoderOf(manifest).length} .reach=${reach}
      .values=${curve?.values ?? null}></zlide-curve>`
  return {
    noun: 'curve',
    verb: 'redraws',
    layout: 'tiles',
    hasSampling: false,
    parity: {
      tensor: 'values',
      isEqual: ({ values }, expected) => largestDifference(values, expected) < TOLERANCE,
    },
    saving: null,
    input: null,
    width: () => WIDTH,
    textOf: () => null,
    describeDifference: ({ values }, example) => describe(values, (example as Curve).values),
    parsePoster: parse,
    sampleOf: (text) => known.find((poster) => poster.text === text)?.curve ?? null,
    renderDecoded: (curve) => render(curve, 'the decoded curve'),
    renderExample: ({ sample }) => render(sample as Curve | null, 'the curve of the example'),
    renderSmall: (curve) => render(curve),
  }
}

/** Parse values in base64. */
function parse(decoded: string): Curve {
  const bytes = Uint8Array.from(atob(decoded), (byte) => byte.charCodeAt(0))
  const view = new DataView(bytes.buffer)
  const values = Float32Array.from({ length: bytes.length / 4 }, (_, i) =>
    view.getFloat32(4 * i, true),
  )
  return { kind: 'curve', values }
}

const largestDifference = (one: ArrayLike<number>, other: ArrayLike<number>): number =>
  Math.max(...Array.from(one, (value, i) => Math.abs(value - (other[i] as number))))

function describe(values: Float32Array, example: Float32Array): string {
  const difference = largestDifference(values, example)
  return difference < TOLERANCE
    ? 'The curve of the example'
    : `Differs by up to ${difference.toFixed(2)} from the example`
}
