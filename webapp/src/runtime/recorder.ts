import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import {
  type DataId,
  type DataType,
  getKernel,
  getKernelsForBackend,
  type KernelConfig,
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

/** A tensor's shape and dtype. */
export interface TensorSpec {
  readonly shape: number[]
  readonly dtype: DataType
}

/** An output of a graph: its values, row by row. */
export interface Output {
  shape: number[]
  values: Values
}

/** A tensor's region of WebAssembly's memory, which stays its own. */
export interface Region extends TensorSpec {
  readonly offset: number // bytes
}

type Call = () => void

/** A function of the WebAssembly module. */
type Kernel = (...args: unknown[]) => unknown

/** Members of the WebAssembly module that its types leave out. */
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
 * The arguments of kernels that XNNPACK packs, and keeps packed until the tensor is disposed of.
 *
 * Usually these are weights. A graph may also compute them, such as the second factor of a product in
 * attention.
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

/** A recording may keep this many bytes of tensors. Larger graphs spend their time in kernels anyway. */
const MAX_BYTES = 128 * 2 ** 20

/** The name of the mark that each recording leaves among the worker's performance entries. */
const RECORDED = 'recorded'

/** A tensor that a graph creates: how many numbers, and where in WebAssembly's memory. */
type CreatedRegion = [size: number, offset: number]

/** A tensor as the backend keeps it: its id in the module, and its dtype. */
interface StoredTensor {
  id: number
  dtype: DataType
}

const storedTensor = (backend: BackendWasm, dataId: DataId) =>
  (backend as unknown as { dataIdMap: { get(dataId: DataId): StoredTensor } }).dataIdMap.get(dataId)

/** A recording under way. */
interface Tape {
  calls: Call[]
  arrays: number[] // offsets of the kernels' array arguments
  disposed: DataId[] // tensors whose disposal is deferred
  created: Map<number, CreatedRegion> // by the tensor's id in the module
  bytes: number // of the created tensors
}

const recorders = new WeakMap<object, Recorder>()

/**
 * Records the WebAssembly calls of a graph, so that they can be repeated without TensorFlow.js.
 *
 * Between two ops TensorFlow.js spends 10 to 20 µs on bookkeeping, longer than most ops of a sentence
 * decoder take. A recording keeps every tensor where it is, and calls only the kernels.
 */
export class Recorder {
  private tape: Tape | null = null
  private comparison: Comparison | null = null
  private readonly module: Module

  private constructor(private readonly backend: BackendWasm) {
    this.module = backend.wasm as unknown as Module
  }

  /** Attach a recorder to a backend that has started. */
  static attach(backend: BackendWasm): void {
    const recorder = new Recorder(backend)
    recorder.interceptCalls()
    recorder.replaceCopyKernels()
    recorder.deferDisposal()
    recorders.set(backend, recorder)
  }

  /** Return the backend's recorder, or null. */
  static of(backend: object): Recorder | null {
    return recorders.get(backend) ?? null
  }

  /**
   * Record `compute` for inputs of these shapes. Its calls must not depend on the values.
   *
   * Returns null if the recording does not reproduce every tensor of `compute`, as when a kernel runs
   * outside WebAssembly, or if it would keep too much memory.
   */
  record(specs: TensorSpec[], compute: (inputs: Tensor[]) => Tensor[]): Recording | null {
    const tape: Tape = { calls: [], arrays: [], disposed: [], created: new Map(), bytes: 0 }
    this.tape = tape
    try {
      const [inputs, outputs] = scoped(() => {
        const inputs = specs.map(({ shape, dtype }, i) =>
          tensor(sample(shape, dtype, i), shape, dtype),
        )
        return [inputs, compute(inputs)].map((tensors) =>
          tensors.map((tensor) => this.regionOf(tensor)),
        )
      }) as [Region[], Region[]]
      const complete = this.tape !== null
      this.tape = null // from here on, tensors are disposed of at once
      const recording = new Recording(this.module, inputs, outputs, tape.calls, () => {
        for (const dataId of tape.disposed) this.backend.disposeData(dataId)
        for (const offset of tape.arrays) this.module._free(offset)
      })
      if (complete && this.reproduces(recording, [...tape.created.values()], compute)) {
        performance.mark(RECORDED)
        return recording
      }
      recording.free()
      return null
    } finally {
      this.tape = null
    }
  }

  /**
   * Return whether a recording that created these regions gives the same bits as `compute` for values
   * other than the recorded ones.
   *
   * Every tensor is compared: an output may hide a difference, as the largest of many numbers does.
   */
  private reproduces(
    recording: Recording,
    created: CreatedRegion[],
    compute: (inputs: Tensor[]) => Tensor[],
  ): boolean {
    const inputs = recording.inputs.map(({ shape, dtype }, i) => sample(shape, dtype, i + 101))
    for (const [i, input] of recording.inputs.entries()) recording.write(input, inputs[i] as Values)
    recording.run()
    const comparison = new Comparison(this.module, created)
    this.comparison = comparison
    try {
      tidy(() => {
        compute(
          recording.inputs.map(({ shape, dtype }, i) => tensor(inputs[i] as Values, shape, dtype)),
        )
      })
    } finally {
      this.comparison = null
    }
    return comparison.isEqual
  }

  private regionOf({ dataId, shape, dtype }: TensorInfo): Region {
    return { offset: this.backend.getMemoryOffset(dataId), shape, dtype }
  }

  /** Record every call of the module. Kernels take its functions during setup, so they are set up again. */
  private interceptCalls(): void {
    const { backend, module } = this
    const cwrap = module.cwrap.bind(module)
    module.cwrap = (name, returns, types) => {
      const call = cwrap(name, returns, types)
      return (...args) => {
        const result = call(...args)
        this.tape?.calls.push(this.repeatable(this.tape, name, types, args))
        return result
      }
    }
    for (const { setupFunc } of getKernelsForBackend('wasm')) setupFunc?.(backend)
    const register = module.tfjs.registerTensor
    module.tfjs.registerTensor = (id, size, offset) => {
      register(id, size, offset)
      this.comparison?.create(id, size, offset)
      if (!this.tape) return
      this.tape.created.set(id, [size, offset])
      this.tape.bytes += 4 * size
      if (this.tape.bytes > MAX_BYTES) this.tape = null // compute the rest without recording
    }
  }

  /** Return the same call, with its array arguments kept in memory. */
  private repeatable(tape: Tape, name: string, types: string[], args: unknown[]): Call {
    const { module } = this
    const kernel = (module as unknown as Record<string, Kernel>)[`_${name}`] as Kernel
    const fixed = args.map((value, i) => {
      if (types[i] !== 'array' || !value) return value
      const bytes = value as Uint8Array
      const offset = module._malloc(bytes.length) >>> 0
      module.HEAPU8.set(bytes, offset)
      tape.arrays.push(offset)
      return offset
    })
    const repacks = (PACKED_ARGUMENTS[name] ?? []).flatMap((index) =>
      this.repack(tape, args[index] as number),
    )
    if (repacks.length === 0) return () => kernel(...fixed)
    return () => {
      for (const repack of repacks) repack()
      kernel(...fixed)
    }
  }

  /** Return a call that drops the packed copy of a tensor, if the recording computes that tensor. */
  private repack(tape: Tape, id: number): Call[] {
    const created = tape.created.get(id)
    if (!created) return []
    const { tfjs } = this.module
    return [
      () => {
        tfjs.disposeData(id)
        tfjs.registerTensor(id, ...created)
      },
    ]
  }

  /** Replace the kernels that only copy, and that TensorFlow.js runs outside WebAssembly, by recordable ones. */
  private replaceCopyKernels(): void {
    const runCopy = (copy: Call) => {
      copy()
      this.tape?.calls.push(copy)
    }
    const transpose = (getKernel('Transpose', 'wasm') as KernelConfig).kernelFunc
    for (const [kernelName, kernel] of Object.entries(createCopyKernels(runCopy, transpose))) {
      if (getKernel(kernelName, 'wasm')) unregisterKernel(kernelName, 'wasm')
      registerKernel({
        kernelName,
        backendName: 'wasm',
        kernelFunc: kernel as unknown as KernelFunc,
      })
    }
  }

  /** Dispose of no tensor while recording, and compare each before its disposal. */
  private deferDisposal(): void {
    const { backend } = this
    const dispose = backend.disposeData.bind(backend)
    backend.disposeData = (dataId, force) => {
      if (backend.refCount(dataId) !== 1) return dispose(dataId, force) // other tensors share it
      if (this.comparison) this.comparison.compare(storedTensor(backend, dataId))
      if (!this.tape) return dispose(dataId, force)
      this.tape.disposed.push(dataId)
      return true
    }
  }
}

/** Compares the tensors that a graph creates with those of a recording, in the order of creation. */
class Comparison {
  private readonly regions = new Map<number, [CreatedRegion, CreatedRegion]>() // by the tensor's id
  private created = 0
  private same = true

  constructor(
    private readonly module: Module,
    private readonly expected: CreatedRegion[],
  ) {}

  get isEqual(): boolean {
    return this.same && this.created === this.expected.length && this.regions.size === 0
  }

  create(id: number, ...region: CreatedRegion): void {
    const expected = this.expected[this.created]
    this.created += 1
    if (expected?.[0] === region[0]) this.regions.set(id, [region, expected])
    else this.same = false
  }

  /** Compare a tensor before it is disposed of. */
  compare({ id, dtype }: StoredTensor): void {
    const [region, expected] = this.regions.get(id) ?? []
    if (!region || !expected) return // created before
    this.regions.delete(id)
    const { buffer } = this.module.HEAPU8
    const bits = ([size, offset]: CreatedRegion) =>
      dtype === 'bool' ? new Uint8Array(buffer, offset, size) : new Int32Array(buffer, offset, size)
    this.same &&= areEqual(bits(region), bits(expected))
  }
}

function areEqual(a: Uint8Array | Int32Array, b: Uint8Array | Int32Array): boolean {
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false // several times faster than every
  return true
}

/** A recording: the same kernels, in the same order, on the same memory. */
export class Recording {
  constructor(
    private readonly module: Module,
    readonly inputs: Region[],
    readonly outputs: Region[],
    private readonly calls: Call[],
    readonly free: () => void,
  ) {}

  /** Return the outputs for these inputs, each a list of values, row by row. */
  call(inputs: readonly ArrayLike<number>[]): Output[] {
    for (const [i, region] of this.inputs.entries())
      this.write(region, inputs[i] as ArrayLike<number>)
    this.run()
    return this.outputs.map((region) => ({ shape: region.shape, values: this.read(region) }))
  }

  run(): void {
    for (const call of this.calls) call()
  }

  /** Return whether the inputs hold this many values. */
  accepts(values: readonly ArrayLike<number>[]): boolean {
    return (
      values.length === this.inputs.length &&
      this.inputs.every(({ shape }, i) => util.sizeFromShape(shape) === values[i]?.length)
    )
  }

  /** Write values to a region. */
  write({ offset, dtype, shape }: Region, values: ArrayLike<number>): void {
    this.view(offset, dtype, util.sizeFromShape(shape)).set(values)
  }

  /** Return a copy of a region's values. */
  read({ offset, dtype, shape }: Region): Values {
    return this.view(offset, dtype, util.sizeFromShape(shape)).slice()
  }

  /** Copy one region to another of the same size. */
  copy(from: Region, to: Region): void {
    const bytes = util.sizeFromShape(from.shape) * util.bytesPerElement(from.dtype)
    this.module.HEAPU8.copyWithin(to.offset, from.offset, from.offset + bytes)
  }

  private view(offset: number, dtype: DataType, size: number): Values {
    const { buffer } = this.module.HEAPU8 // read each time: it moves when it grows
    if (dtype === 'bool') return new Uint8Array(buffer, offset, size)
    return dtype === 'int32'
      ? new Int32Array(buffer, offset, size)
      : new Float32Array(buffer, offset, size)
  }
}

/** Return values to try a graph with: floats within ±1, or the ids 0 and 1, which every vocabulary has. */
function sample(shape: number[], dtype: DataType, seed: number): Values {
  const size = util.sizeFromShape(shape)
  if (dtype === 'int32') return Int32Array.from({ length: size }, (_, i) => (i + seed) % 2)
  return Float32Array.from({ length: size }, (_, i) => Math.sin(i * 12.9898 + seed * 78.233))
}
