import { count, percent } from './figures.ts'
import type { AxesSet } from './manifest.ts'
import { isExample, type Place } from './state.ts'

/** The quiet line under the sliders: how much of z they hold, where the rest of it comes from, and what a ring means. */
export function explain({ axes }: AxesSet, { example, kept }: Place): string {
  const latent = example.residual.length
  const held = count(axes.length, 'axis', 'axes')
  const one = axes.length === 1
  const share = axes.reduce((sum, axis) => sum + (axis.share ?? Number.NaN), 0)
  const loaded = isExample(example)
  const amount = Number.isNaN(share)
    ? `${held} ${one ? 'spans' : 'span'} ${axes.length} of the ${latent} dimensions of z`
    : `${held} ${one ? 'holds' : 'hold'} ${percent(share)} of the variance`
  const whole = `${held} ${one ? 'spans' : 'span'} all of z`
  const rest = `the rest of z is ${kept && loaded ? 'the example’s own' : 'at its mean'}`
  return `${axes.length < latent ? `${amount}; ${rest}` : whole}.${loaded ? ' A ring on a slider marks the example.' : ''}`
}
