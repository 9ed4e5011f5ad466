import type { DType } from '../core/dtype.js';
import type { Tensor } from '../core/tensor.js';

/** Where a session computes: the execution providers of ONNX Runtime that atrous knows. */
export type Device = 'cpu' | 'cuda' | 'tensorrt' | 'coreml' | 'dml' | 'webgpu' | 'webnn' | 'wasm';

/** Tensors by the name of the model's input or output. */
export type NamedTensors = Readonly<Record<string, Tensor>>;

/** How far ONNX Runtime may rewrite a model when it is opened, from not at all to everything. */
export const optimizations = ['disabled', 'basic', 'extended', 'layout', 'all'] as const;

export type Optimization = (typeof optimizations)[number];

/** What becomes of the memory that a run's intermediate values took. */
export const workingMemories = ['kept', 'freed'] as const;

export type WorkingMemory = (typeof workingMemories)[number];

export interface SessionOptions {
  /** Default `cpu`. */
  readonly device?: Device;
  /** Threads within one operator; 0 (the default) leaves the number to ONNX Runtime. */
  readonly threads?: number;
  /** Measure the operators' times, to be read with `profile()`; slows runs a little. */
  readonly profile?: boolean;
  /** Default `all`. */
  readonly optimization?: Optimization;
  /**
   * `kept` (the default) for the next run, or `freed` behind each one: then a session that rests
   * takes its weights alone, and its runs a little more time.
   */
  readonly workingMemory?: WorkingMemory;
}

export interface RunOptions {
  /**
   * Names of feeds whose memory the session may take instead of copying it. Their arrays, and all
   * others over the same buffers, must not be used after the call.
   */
  readonly transfer?: readonly string[];
  /**
   * Tensors to write outputs into, by the outputs' names: spares fresh memory in each run of a loop.
   * They must have the outputs' exact shapes, share no memory with the feeds, and stay untouched
   * until the run ends.
   */
  readonly into?: NamedTensors;
}

/** Name and type of an input or output. */
export interface ValueType {
  readonly name: string;
  readonly dtype: DType;
  /** Sizes of the axes; a text is the name of a size that each run chooses, `'?'` without a name. */
  readonly shape: readonly (number | string)[];
}

/** Time that a node of the graph took, over all runs. */
export interface OperatorTime {
  readonly operator: string;
  /** Name of the node, after ONNX Runtime's optimizations. */
  readonly name: string;
  readonly microseconds: number;
  /** Number of times it ran. */
  readonly count: number;
}

/** A model on a device, ready to run. */
export interface Session {
  readonly device: Device;
  readonly inputs: readonly ValueType[];
  readonly outputs: readonly ValueType[];
  /**
   * Computes the outputs in `fetches` (default: all) from one tensor for each input.
   *
   * Runs may overlap; each gets its own results.
   *
   * @throws OptionError for feeds that do not fit the inputs, unknown fetches and a disposed
   * session, DeviceError where the run fails.
   */
  run(
    feeds: NamedTensors,
    fetches?: readonly string[],
    options?: RunOptions,
  ): Promise<Record<string, Tensor>>;
  /**
   * Ends the measurement of a session that was opened with `profile`, and gives the times of its
   * nodes, longest first.
   */
  profile(): Promise<readonly OperatorTime[]>;
  /** Frees the session once the runs under way have ended; may be called again. */
  dispose(): Promise<void>;
}

/** A way to run ONNX models. */
export interface Runtime {
  readonly name: string;
  /** The devices that sessions can be opened on, as far as that can be told beforehand. */
  devices(): readonly Device[];
  /**
   * Opens the bytes of an ONNX file; they may be changed or freed afterwards.
   *
   * @throws FormatError where the bytes are no sound model, UnsupportedError where the device lacks
   * an operator, DeviceError where the device is missing or fails, OptionError for wrong options.
   */
  open(model: Uint8Array, options?: SessionOptions): Promise<Session>;
}
