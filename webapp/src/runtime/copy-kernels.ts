// Kernels of the WebAssembly backend that only copy numbers. TensorFlow.js's own kernels copy the
// whole input out of WebAssembly's memory first.

import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import {
  backend_util,
  type DataType,
  type KernelFunc,
  slice_util,
  type TensorInfo,
  util,
} from '@tensorflow/tfjs-core'

interface KernelArguments<Inputs, Attributes> {
  inputs: Inputs
  attrs: Attributes
  backend: BackendWasm
}

/** Runs a copy now, and may record it. */
type CopyRunner = (copy: () => void) => void

interface Strided {
  begin: number[]
  end: number[]
  strides: number[]
  beginMask: number
  endMask: number
  ellipsisMask: number
  newAxisMask: number
  shrinkAxisMask: number
}

/** A tensor, and the offsets at which runs of numbers start in it. */
interface Runs {
  tensor: TensorInfo
  starts: number[]
}

/** Return the kernels by name. Each of them copies through `runCopy`, and `transpose` moves numbers. */
export function createCopyKernels(runCopy: CopyRunner, transpose: KernelFunc) {
  const slice = ({
    inputs: { x },
    attrs,
    backend,
  }: KernelArguments<{ x: TensorInfo }, { begin: number | number[]; size: number | number[] }>) => {
    const [begin, size] = slice_util.parseSliceParams(x as never, attrs.begin, attrs.size) as [
      number[],
      number[],
    ]
    return cut(backend, x, begin, size)
  }

  const splitV = ({
    inputs: { x },
    attrs,
    backend,
  }: KernelArguments<{ x: TensorInfo }, { numOrSizeSplits: number | number[]; axis: number }>) => {
    const axis = util.parseAxisParam(attrs.axis, x.shape)[0] as number
    const begin = x.shape.map(() => 0)
    return backend_util.prepareSplitSize(x as never, attrs.numOrSizeSplits, axis).map((width) => {
      const part = cut(backend, x, begin, x.shape.with(axis, width))
      begin[axis] = (begin[axis] as number) + width
      return part
    })
  }

  /** Copy the block of x at `begin` with these steps along each axis; negative steps go backwards. */
  const cut = (
    backend: BackendWasm,
    x: TensorInfo,
    begin: number[],
    size: number[],
    steps?: number[],
  ): TensorInfo => {
    const out = backend.makeOutput(size, x.dtype)
    const { starts, length } = runsOf(x.shape, begin, size, steps)
    move(
      backend,
      { tensor: x, starts },
      { tensor: out, starts: contiguous(starts, length) },
      length,
    )
    return out
  }

  /** Copy runs of `length` numbers from one tensor to another. */
  const move = (backend: BackendWasm, from: Runs, to: Runs, length: number): void => {
    const width = util.bytesPerElement(from.tensor.dtype)
    const [source, target] = [addressOf(backend, from.tensor), addressOf(backend, to.tensor)]
    runCopy(() => {
      const heap = heapOf(backend)
      for (const [i, start] of from.starts.entries()) {
        const at = source + start * width
        heap.copyWithin(target + (to.starts[i] as number) * width, at, at + length * width)
      }
    })
  }

  const stridedSlice = ({
    inputs: { x },
    attrs,
    backend,
  }: KernelArguments<{ x: TensorInfo }, Strided>) => {
    const { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } =
      attrs
    const found = slice_util.sliceInfo(
      x.shape,
      begin,
      end,
      strides,
      beginMask,
      endMask,
      ellipsisMask,
      newAxisMask,
      shrinkAxisMask,
    )
    const size = slice_util.computeOutShape(found.begin, found.end, found.strides)
    return { ...cut(backend, x, found.begin, size, found.strides), shape: found.finalShape }
  }

  const concat = ({ inputs, attrs, backend }: KernelArguments<TensorInfo[], { axis: number }>) => {
    const axis = util.parseAxisParam(attrs.axis, (inputs[0] as TensorInfo).shape)[0] as number
    const shape = backend_util.computeOutShape(
      inputs.map((x) => x.shape),
      axis,
    )
    const out = backend.makeOutput(shape, (inputs[0] as TensorInfo).dtype)
    const begin = shape.map(() => 0)
    for (const x of inputs) {
      const { starts, length } = runsOf(shape, begin, x.shape)
      move(
        backend,
        { tensor: x, starts: contiguous(starts, length) },
        { tensor: out, starts },
        length,
      )
      begin[axis] = (begin[axis] as number) + (x.shape[axis] as number)
    }
    return out
  }

  /** Share the data: no kernel writes into an existing tensor. */
  const identity = ({
    inputs: { x },
    backend,
  }: KernelArguments<{ x: TensorInfo }, unknown>): TensorInfo => {
    backend.incRef(x.dataId)
    return { dataId: x.dataId, shape: x.shape, dtype: x.dtype }
  }

  const cast = (args: KernelArguments<{ x: TensorInfo }, { dtype: DataType }>): TensorInfo => {
    const { inputs, attrs, backend } = args
    if (inputs.x.dtype === attrs.dtype) return identity(args)
    const out = backend.makeOutput(inputs.x.shape, attrs.dtype)
    const isBool = attrs.dtype === 'bool' // true unless 0; TensorFlow.js's kernel truncates 0.5 to 0
    runCopy(() => {
      const values = backend.typedArrayFromHeap(inputs.x)
      backend
        .typedArrayFromHeap(out)
        .set(isBool ? values.map((value) => Number(value !== 0)) : values)
    })
    return out
  }

  /** Share the data where only axes of size 1 move, as the batch of one position often does. */
  const transposeOrShare = (
    args: KernelArguments<{ x: TensorInfo }, { perm: number[] }>,
  ): TensorInfo => {
    const { shape } = args.inputs.x
    const { perm } = args.attrs
    const moved = perm.filter((axis) => shape[axis] !== 1)
    if (moved.some((axis, i) => i > 0 && axis < (moved[i - 1] as number)))
      return transpose(args as never) as TensorInfo
    return { ...identity(args), shape: perm.map((axis) => shape[axis] as number) }
  }

  return {
    Slice: slice,
    StridedSlice: stridedSlice,
    SplitV: splitV,
    Concat: concat,
    Identity: identity,
    Cast: cast,
    Transpose: transposeOrShare,
  }
}

/** WebAssembly's memory. Read it anew each time: it moves when it grows. */
const heapOf = (backend: BackendWasm) => (backend.wasm as unknown as { HEAPU8: Uint8Array }).HEAPU8

const addressOf = (backend: BackendWasm, { dataId }: TensorInfo): number =>
  backend.getMemoryOffset(dataId)

/** Return the runs of a block in a tensor of `shape`: their length, and the offset of each. */
function runsOf(
  shape: number[],
  begin: number[],
  size: number[],
  steps = size.map(() => 1),
): { starts: number[]; length: number } {
  let inner = shape.length // axes from here on are one run: the first may be partial, the others are whole
  while (inner > 0 && steps[inner - 1] === 1) {
    inner -= 1
    if (size[inner] !== shape[inner]) break
  }
  const strides = [...util.computeStrides(shape), 1]
  let starts = [begin.reduce((sum, at, axis) => sum + at * (strides[axis] as number), 0)]
  for (let axis = 0; axis < inner; axis += 1) {
    const stride = (steps[axis] as number) * (strides[axis] as number)
    starts = starts.flatMap((start) =>
      Array.from({ length: size[axis] as number }, (_, i) => start + i * stride),
    )
  }
  return { starts, length: util.sizeFromShape(size.slice(inner)) }
}

/** Return the offsets of as many runs that follow one another. */
const contiguous = (starts: number[], length: number) => starts.map((_, i) => i * length)
