// Figures as a reader sees them.

/** "2.4 MB", "340 kB" */
export const size = (bytes: number): string => (bytes < 999_500 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`)

/** "3.1 ms" */
export const duration = (milliseconds: number): string => `${milliseconds < 100 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`

/** "7.1 %"; shares under 0.1 % keep one digit that says something. */
export const percent = (share: number): string => `${share < 0.001 ? (share * 100).toPrecision(1) : (share * 100).toFixed(1)}\u202f%`

/** "1 word", "2 words"; "1 axis", "2 axes" where the plural is given */
export const count = (number: number, noun: string, plural = `${noun}s`): string => `${number} ${number === 1 ? noun : plural}`
