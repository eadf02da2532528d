/** How far a position is from the middle of what the model learned from, as the spread of that has it (Mahalanobis), and how far that reaches. */
export interface Distance {
  distance: number // σ
  p99: number // σ: 99 of 100 lie within
  max: number // σ: all lie within
}

export const isOutside = ({ distance, max }: Distance): boolean => distance > max

export const describeOutside = ({ distance }: Distance): string => `${distance.toFixed(1)} σ out`

/** The line under the map. */
export function describeDistance(away: Distance): string {
  if (isOutside(away)) return `${describeOutside(away)}: the model has never been here`
  const { distance, p99 } = away
  const rare =
    distance > p99
      ? '; it has seldom been so far out'
      : `; 99\u202f% of what it learned from lies within ${p99.toFixed(1)}`
  return `${distance.toFixed(1)} σ from the middle${rare}`
}
