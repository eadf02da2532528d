// Text for numbers and axes on the page.

/** "2.4 MB", "340 kB" */
export const size = (bytes: number): string =>
  bytes < 999_500 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`

/** "3.1 ms", "31 ms" */
export const duration = (milliseconds: number): string =>
  `${milliseconds < 9.95 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`

/** "7.1 %"; shares under 0.1 % keep one significant digit. */
export const percent = (share: number): string =>
  `${share < 0.001 ? (share * 100).toPrecision(1) : (share * 100).toFixed(1)}\u202f%`

/** "1 word", "2 words"; with a plural given, "1 axis", "2 axes" */
export const count = (number: number, noun: string, plural = `${noun}s`): string =>
  `${number} ${number === 1 ? noun : plural}`

/** Return whether an axis has a name other than its number, "axis 2" or "z[16]". */
export const hasOwnName = ({ name }: { readonly name: string }, index: number): boolean =>
  name !== `axis ${index + 1}` && !/^z\[\d+\]$/.test(name)

/** "axis 2 · length", or "axis 2" */
export const axisTitle = (axis: { readonly name: string }, index: number): string =>
  hasOwnName(axis, index) ? `axis ${index + 1} · ${axis.name}` : axis.name
