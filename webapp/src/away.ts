/** How far a position is from the middle of what the model learned from, as the spread of that has it (Mahalanobis), and how far that reaches. */
export interface Away {
  distance: number // σ
  reach: number // σ: all, or nearly all, lies within
}

export const isOut = ({ distance, reach }: Away): boolean => distance > reach

export const sayOut = ({ distance }: Away): string => `${distance.toFixed(1)} σ out`

/** The line under the map. */
export const sayAway = (away: Away): string =>
  isOut(away)
    ? `${sayOut(away)}: the model has never been here`
    : `${away.distance.toFixed(1)} σ from the middle; most of what it learned from lies within ${away.reach.toFixed(1)}`
