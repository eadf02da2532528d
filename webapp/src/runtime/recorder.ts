import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import {
  type DataId,
  type DataType,
  getKernel,
  getKernelsForBackend,
  type KernelFunc,
  registerKernel,
  type Tensor,
  type TensorInfo,
  tensor,
  tidy,
  unregisterKernel,
  util,
} from '@tensorflow/tfjs-core'
import { createCopyKernels } from './copy-kernels.ts'
import { scoped } from './scope.ts'

export type Values = Float32Array | Int32Array | Uint8Array

/** A tensor, but for its values. */
export interface TensorSpec {
  readonly shape: number[]
  readonly dtype: DataType
}

/** What a graph computed: values, one row after the other. */
export interface Output {
  shape: number[]
  values: Values
}

/** Part of the memory of WebAssembly that holds a tensor for good. */
export interface Region extends TensorSpec {
  readonly offset: number // bytes
}

type Call = () => void

/** A kernel, as the WebAssembly module offers it. */
type Kernel = (...given: unknown[]) => unknown

/** What is wanted of the WebAssembly module, and its types leave out. */
interface Module {
  HEAPU8: Uint8Array
  _malloc(bytes: number): number
  _free(offset: number): void
  cwrap(name: string, returns: unknown, types: string[]): Kernel
  tfjs: {
    registerTensor(id: number, size: number, offset: number): void
    disposeData(id: number): void
  }
}

/**
 * Where kernels are given the tensors that they keep in a form of their own (packed, by XNNPACK) until these are disposed of: weights, as
 * a rule, but also what a graph has computed, as the second factor of a product in an attention.
 */
const PACKED_ARGUMENTS: Readonly<Record<string, number[]>> = {
  _FusedMatMul: [3, 9, 10],
  BatchMatMul: [3],
  Conv2D: [4],
  FusedConv2D: [4, 7, 20],
  DepthwiseConv2dNative: [4],
  FusedDepthwiseConv2D: [4, 7, 20],
  Prelu: [1],
}

/** Bytes of tensors that a recording may keep; what takes more spends its time in kernels anyway. */
const MAX_BYTES = 128 * 2 ** 20

/** A recording under way. */
interface Tape {
  calls: Call[]
  arrays: number[] // where what kernels are given as arrays lies
  disposed: DataId[] // what was to be given back
  created: Map<number, [size: number, offset: number]> // tensors that were made, by their ids in the module
  bytes: number // of these tensors
}

const recorders = new WeakMap<object, Recorder>()

/**
 * Records what TensorFlow.js makes of a graph, as calls of WebAssembly, to be repeated without TensorFlow.js.
 *
 * On its way from one operation to the next TensorFlow.js spends 10 to 20 µs on the bookkeeping of tensors, which is more than most
 * operations of a sentence decoder take. A recording keeps every tensor where it was the first time, and calls the kernels alone.
 */
export class Recorder {
  private tape: Tape | null = null
  private readonly module: Module

  private constructor(private readonly backend: BackendWasm) {
    this.module = backend.wasm as unknown as Module
  }

  /** Listen to the kernels of a backend that has started. */
  static attach(backend: BackendWasm): void {
    const recorder = new Recorder(backend)
    recorder.interceptCalls()
    recorder.replaceCopyKernels()
    recorder.deferDisposal()
    recorders.set(backend, recorder)
  }

  /** The recorder that listens to a backend, if one does. */
  static of(backend: object): Recorder | null {
    return recorders.get(backend) ?? null
  }

  /**
   * Run `compute` on tensors of these shapes, and record it. `compute` must do the same with any values.
   *
   * Answers null where what was recorded does not repeat what `compute` does, as where a kernel is computed outside of WebAssembly, and
   * where it would keep too much memory.
   */
  record(given: TensorSpec[], compute: (inputs: Tensor[]) => Tensor[]): Recording | null {
    const tape: Tape = { calls: [], arrays: [], disposed: [], created: new Map(), bytes: 0 }
    this.tape = tape
    try {
      const [inputs, outputs] = scoped(() => {
        const inputs = given.map(({ shape, dtype }, i) =>
          tensor(sample(shape, dtype, i), shape, dtype),
        )
        return [inputs, compute(inputs)].map((tensors) => tensors.map((one) => this.regionOf(one)))
      }) as [Region[], Region[]]
      const complete = this.tape !== null
      this.tape = null // from here on, memory is given back again
      const recording = new Recording(this.module, inputs, outputs, tape.calls, () => {
        for (const dataId of tape.disposed) this.backend.disposeData(dataId)
        for (const offset of tape.arrays) this.module._free(offset)
      })
      if (complete && reproduces(recording, compute)) return recording
      recording.free()
      return null
    } finally {
      this.tape = null
    }
  }

  private regionOf({ dataId, shape, dtype }: TensorInfo): Region {
    return { offset: this.backend.getMemoryOffset(dataId), shape, dtype }
  }

  /** Hear every call of the module. Kernels take their functions from it when they are set up, so they are set up anew. */
  private interceptCalls(): void {
    const { backend, module } = this
    const cwrap = module.cwrap.bind(module)
    module.cwrap = (name, returns, types) => {
      const call = cwrap(name, returns, types)
      return (...given) => {
        const answer = call(...given)
        this.tape?.calls.push(this.repeatable(this.tape, name, types, given))
        return answer
      }
    }
    for (const { setupFunc } of getKernelsForBackend('wasm')) setupFunc?.(backend)
    const register = module.tfjs.registerTensor
    module.tfjs.registerTensor = (id, size, offset) => {
      register(id, size, offset)
      if (!this.tape) return
      this.tape.created.set(id, [size, offset])
      this.tape.bytes += 4 * size
      if (this.tape.bytes > MAX_BYTES) this.tape = null // the rest is computed, and not recorded
    }
  }

  /** The same call again, its arrays being in memory for good. */
  private repeatable(tape: Tape, name: string, types: string[], given: unknown[]): Call {
    const { module } = this
    const kernel = (module as unknown as Record<string, Kernel>)[`_${name}`] as Kernel
    const fixed = given.map((value, i) => {
      if (types[i] !== 'array' || !value) return value
      const bytes = value as Uint8Array
      const offset = module._malloc(bytes.length) >>> 0
      module.HEAPU8.set(bytes, offset)
      tape.arrays.push(offset)
      return offset
    })
    const renewed = (PACKED_ARGUMENTS[name] ?? []).flatMap((place) =>
      this.repack(tape, given[place] as number),
    )
    if (renewed.length === 0) return () => kernel(...fixed)
    return () => {
      for (const renew of renewed) renew()
      kernel(...fixed)
    }
  }

  /** Makes kernels forget what they packed of a tensor, if the recording computes it: it holds other numbers each time. */
  private repack(tape: Tape, id: number): Call[] {
    const found = tape.created.get(id)
    if (!found) return []
    const { tfjs } = this.module
    return [
      () => {
        tfjs.disposeData(id)
        tfjs.registerTensor(id, ...found)
      },
    ]
  }

  /** Kernels that TensorFlow.js computes outside of WebAssembly, since they only copy, are replaced by some that tell what they copy. */
  private replaceCopyKernels(): void {
    const copies = (copy: Call) => {
      copy()
      this.tape?.calls.push(copy)
    }
    for (const [kernelName, kernel] of Object.entries(createCopyKernels(copies))) {
      if (getKernel(kernelName, 'wasm')) unregisterKernel(kernelName, 'wasm')
      registerKernel({
        kernelName,
        backendName: 'wasm',
        kernelFunc: kernel as unknown as KernelFunc,
      })
    }
  }

  /** While something is recorded, no memory is given back. */
  private deferDisposal(): void {
    const { backend } = this
    const dispose = backend.disposeData.bind(backend)
    backend.disposeData = (dataId, force) => {
      if (!this.tape || backend.refCount(dataId) > 1) return dispose(dataId, force) // it has other names
      this.tape.disposed.push(dataId)
      return true
    }
  }
}

/** Repeats what was recorded: the same kernels, in the same order, on the same memory. */
export class Recording {
  constructor(
    private readonly module: Module,
    readonly inputs: Region[],
    readonly outputs: Region[],
    private readonly calls: Call[],
    readonly free: () => void,
  ) {}

  /** What comes of these inputs, each given as values, one row after the other. */
  call(inputs: readonly ArrayLike<number>[]): Output[] {
    for (const [i, region] of this.inputs.entries())
      this.write(region, inputs[i] as ArrayLike<number>)
    this.run()
    return this.outputs.map((region) => ({ shape: region.shape, values: this.read(region) }))
  }

  run(): void {
    for (const call of this.calls) call()
  }

  /** Whether these are as many values as the inputs hold. */
  accepts(values: readonly ArrayLike<number>[]): boolean {
    return (
      values.length === this.inputs.length &&
      this.inputs.every(({ shape }, i) => util.sizeFromShape(shape) === values[i]?.length)
    )
  }

  /** Put values where a region is. */
  write({ offset, dtype, shape }: Region, values: ArrayLike<number>): void {
    this.view(offset, dtype, util.sizeFromShape(shape)).set(values)
  }

  /** A copy of what a region holds. */
  read({ offset, dtype, shape }: Region): Values {
    return this.view(offset, dtype, util.sizeFromShape(shape)).slice()
  }

  /** Copy one region to another of the same size. */
  copy(from: Region, to: Region): void {
    const bytes = util.sizeFromShape(from.shape) * util.bytesPerElement(from.dtype)
    this.module.HEAPU8.copyWithin(to.offset, from.offset, from.offset + bytes)
  }

  private view(offset: number, dtype: DataType, size: number): Values {
    const { buffer } = this.module.HEAPU8 // anew each time: it moves when it grows
    if (dtype === 'bool') return new Uint8Array(buffer, offset, size)
    return dtype === 'int32'
      ? new Int32Array(buffer, offset, size)
      : new Float32Array(buffer, offset, size)
  }
}

/** Whether a recording gives what `compute` does, to the bit, with other values than those that it was recorded with. */
function reproduces(recording: Recording, compute: (inputs: Tensor[]) => Tensor[]): boolean {
  const { inputs, outputs } = recording
  const values = inputs.map(({ shape, dtype }, i) => sample(shape, dtype, i + 101))
  return tidy(() => {
    const expected = compute(
      inputs.map(({ shape, dtype }, i) => tensor(values[i] as Values, shape, dtype)),
    ).map((one) => one.dataSync())
    for (const [i, input] of inputs.entries()) recording.write(input, values[i] as Values)
    recording.run()
    return outputs.every((output, i) =>
      recording.read(output).every((value, at) => Object.is(value, expected[i]?.[at])),
    )
  })
}

/** Numbers to try a graph with: floats within ±1, and ids that every vocabulary has; others for another `turn`. */
function sample(shape: number[], dtype: DataType, turn: number): Values {
  const size = util.sizeFromShape(shape)
  if (dtype === 'int32') return Int32Array.from({ length: size }, (_, i) => (i + turn) % 2)
  return Float32Array.from({ length: size }, (_, i) => Math.sin(i * 12.9898 + turn * 78.233))
}
