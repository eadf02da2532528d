/** A file of a manifest. */
interface ListedFile {
  path: string
  sha256: string
}

/** Return the start of the hash in the URL of a bundle's file; null for other URLs. */
export const hashInUrl = (address: string): string | null =>
  new URL(address).searchParams.get('sha256')

/** Return the cached files of the bundle at `manifest` that it no longer lists. */
export function staleFiles(
  kept: readonly string[],
  manifest: string,
  files: readonly ListedFile[],
): string[] {
  const base = new URL('.', manifest)
  const listed = new Set(
    files.map(({ path, sha256 }) => `${new URL(path, base).pathname} ${sha256.slice(0, 16)}`),
  )
  return kept.filter((address) => {
    const hash = hashInUrl(address)
    return (
      hash !== null &&
      address.startsWith(base.href) &&
      !listed.has(`${new URL(address).pathname} ${hash}`)
    )
  })
}

/** Return the cached files of models that models.json, at `index`, no longer lists. */
export function staleModels(
  kept: readonly string[],
  index: string,
  paths: readonly string[],
): string[] {
  const bases = paths.map((path) => new URL(path, index).href)
  const ofModel = (address: string) =>
    hashInUrl(address) !== null || new URL(address).pathname.endsWith('/manifest.json')
  return kept.filter(
    (address) => ofModel(address) && !bases.some((base) => address.startsWith(base)),
  )
}

/** Return the cached assets of the page at `base` that this build does not have. */
export function staleAssets(
  kept: readonly string[],
  base: string,
  assets: readonly string[],
): string[] {
  const current = new Set(assets.map((path) => new URL(path, base).href))
  return kept.filter(
    (address) => address.startsWith(new URL('assets/', base).href) && !current.has(address),
  )
}
