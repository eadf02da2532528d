/** Two integers, 0…2³² − 1. */
export type Pair = readonly [number, number]

const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24]
const PARITY = 0x1bd11bda

/**
 * Return the random bits of Threefry-2x32 with 20 rounds, which depend on the counter and the key alone.
 *
 * Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3. SC 2011.
 */
export function threefry([counter0, counter1]: Pair, [key0, key1]: Pair): Pair {
  const keys = [key0, key1, key0 ^ key1 ^ PARITY] as const
  let [x, y] = [(counter0 + key0) | 0, (counter1 + key1) | 0]
  for (let round = 1; round <= 20; round += 1) {
    x = (x + y) | 0
    y = rotated(y, ROTATIONS[(round - 1) % 8] as number) ^ x
    if (round % 4) continue
    const turn = round / 4
    x = (x + (keys[turn % 3] as number)) | 0
    y = (y + (keys[(turn + 1) % 3] as number) + turn) | 0
  }
  return [x >>> 0, y >>> 0]
}

const rotated = (bits: number, by: number) => (bits << by) | (bits >>> (32 - by))
