/** Return whether graphs are recorded. `?recorder=off` in the page's URL turns that off, for debugging. */
export const isRecorderOn = (): boolean =>
  new URLSearchParams(location.search).get('recorder') !== 'off'
