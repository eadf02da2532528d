import { expect, test } from 'vitest'
import { type GraphModel, widthOf } from './graph-model.ts'

const graph = (...sizes: (number | string)[]): GraphModel => ({
  modelTopology: { node: [] },
  signature: {
    outputs: { x: { tensorShape: { dim: sizes.map((size) => ({ size: `${size}` })) } } },
  },
})

test.each([
  [[-1, 8], 8],
  [[-1, 40, 2], 80],
  [[-1, 0], 0],
  [[-1], null],
  [[-1, -1], null],
  [[-1, 'many'], null],
])('a row of an output %j has %j values', (sizes, width) => {
  expect(widthOf('x', graph(...sizes))).toBe(width)
})
