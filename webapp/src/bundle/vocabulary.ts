/** Return the words of a vocabulary file, which has one per line: line number = id. */
export const readWords = (bytes: Uint8Array): string[] =>
  new TextDecoder().decode(bytes).replace(/\n$/, '').split('\n')
