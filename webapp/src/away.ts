/** How far a position is from the middle of what the model learned from, as the spread of that has it (Mahalanobis), and how far that reaches. */
export interface Away {
  distance: number // σ
  usual: number // σ: 99 of 100 lie within
  reach: number // σ: all lie within
}

export const isOut = ({ distance, reach }: Away): boolean => distance > reach

export const sayOut = ({ distance }: Away): string => `${distance.toFixed(1)} σ out`

/** The line under the map. */
export function sayAway(away: Away): string {
  if (isOut(away)) return `${sayOut(away)}: the model has never been here`
  const { distance, usual } = away
  const rare = distance > usual ? '; it has seldom been so far out' : `; 99\u202f% of what it learned from lies within ${usual.toFixed(1)}`
  return `${distance.toFixed(1)} σ from the middle${rare}`
}
