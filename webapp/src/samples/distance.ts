/** The Mahalanobis distance of a position from the mean of the points, and how far the points reach. */
export interface Distance {
  distance: number // σ
  p99: number // σ, of the points
  max: number // σ, of the points
}

export const isOutside = ({ distance, max }: Distance): boolean => distance > max

export const describeOutside = ({ distance }: Distance): string => `${distance.toFixed(1)} σ out`

/** Return the line under the map. */
export function describeDistance(away: Distance): string {
  if (isOutside(away)) return `${describeOutside(away)}: outside everything the model learned from`
  const { distance, p99 } = away
  return distance > p99
    ? `${distance.toFixed(1)} σ from the mean: at the edge of what the model learned from`
    : `${distance.toFixed(1)} σ from the mean: among what the model learned from`
}
