/** A file as a manifest lists it. */
interface ListedFile {
  path: string
  sha256: string
}

/** What the address of a bundle's file carries of its hash; null for any other address. */
export const hashInUrl = (address: string): string | null =>
  new URL(address).searchParams.get('sha256')

/** Of what is kept, the files of the bundle at `manifest` that it does not list any more. */
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

/** Of what is kept, all that belongs to models that `index` (models.json) does not list any more. */
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

/** Of what is kept, the parts of the page below `base` that this build does not have. */
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
