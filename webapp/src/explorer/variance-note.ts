import type { AxesSet } from '../bundle/index.ts'
import { count, percent } from '../format.ts'
import { isExample } from '../samples/index.ts'
import { isSameResidual, type Position } from '../view/index.ts'

/** The quiet line under the sliders: how much of z they hold, where the rest of it comes from, and what a ring means. */
export function explain({ axes }: AxesSet, place: Position): string {
  const latent = place.residual.length
  const held = count(axes.length, 'axis', 'axes')
  const one = axes.length === 1
  const share = axes.reduce((sum, axis) => sum + (axis.share ?? Number.NaN), 0)
  const amount = Number.isNaN(share)
    ? `${held} ${one ? 'spans' : 'span'} ${axes.length} of the ${latent} dimensions of z`
    : `${held} ${one ? 'holds' : 'hold'} ${percent(share)} of the variance`
  const whole = `${held} ${one ? 'spans' : 'span'} all of z`
  const ring = isExample(place.example) ? ' A ring on a slider marks the example.' : ''
  return `${axes.length < latent ? `${amount}; the rest of z ${rest(place)}` : whole}.${ring}`
}

function rest({ example, exampleCoordinates, residual }: Position): string {
  if (isExample(example) && isSameResidual(residual, exampleCoordinates.residual))
    return 'is the example’s own'
  return residual.every((value) => Math.abs(value) < 1e-4) ? 'is at its mean' : 'stays as it was'
}
