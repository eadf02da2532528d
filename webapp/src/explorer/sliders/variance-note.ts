import type { AxesSet } from '../../bundle/index.ts'
import { percent } from '../../format.ts'
import { isExample } from '../../samples/index.ts'
import { isSameResidual, type Position } from '../../view/index.ts'

/** Return the note under the sliders: what they cover, the rest of z, and what a ring means. */
export function varianceNote({ axes }: AxesSet, position: Position): string {
  const latentSize = position.residual.length
  const sliders = axes.length === 1 ? 'This slider covers' : `These ${axes.length} sliders cover`
  const ring = isExample(position.example) ? ' A ring marks the example.' : ''
  if (axes.length >= latentSize) return `${sliders} all of z.${ring}`
  const share = axes.reduce((sum, axis) => sum + (axis.share ?? Number.NaN), 0)
  const amount = Number.isNaN(share)
    ? `${axes.length} of the ${latentSize} dimensions of z`
    : `${percent(share)} of the variance`
  return `${sliders} ${amount}; the rest of z ${describeResidual(position)}.${ring}`
}

function describeResidual({ example, exampleCoordinates, residual }: Position): string {
  if (isExample(example) && isSameResidual(residual, exampleCoordinates.residual))
    return 'stays as in the example'
  return residual.every((value) => Math.abs(value) < 1e-4) ? 'is at its mean' : 'stays as it was'
}
