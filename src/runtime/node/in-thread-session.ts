import { env, InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { type DType, type ElementArray, elementArrays } from '../../core/dtype.js';
import { UnsupportedError } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { checkRun, checkSessionOptions, disposedError, notProfiledError } from '../checks.js';
import type {
  Device,
  NamedTensors,
  OperatorTime,
  RunOptions,
  Session,
  SessionOptions,
  ValueType,
} from '../session.js';
import { requireDevice } from './devices.js';
import { openError, runError } from './ort-errors.js';
import { type ProfileFolder, profileFolder } from './profile.js';

// Failures arrive as exceptions; ONNX Runtime is not to write to the terminal besides.
const fatalOnly = 4;

/**
 * Opens a session that computes in the calling thread.
 *
 * Opening and each run block the thread until they end, whatever their promises suggest: use a
 * worker session where the event loop has other work.
 */
export async function openInThreadSession(
  model: Uint8Array,
  options: SessionOptions = {},
): Promise<Session> {
  checkSessionOptions(options);
  const device = options.device ?? 'cpu';
  requireDevice(device);
  const profile = options.profile === true ? await profileFolder() : undefined;
  let session: InferenceSession | undefined;
  try {
    session = await createSession(model, device, options, profile);
    return new InThreadSession(device, valueTypes(session), session, profile);
  } catch (error) {
    await session?.release();
    await profile?.remove();
    throw error;
  }
}

async function createSession(
  model: Uint8Array,
  device: Device,
  options: SessionOptions,
  profile: ProfileFolder | undefined,
): Promise<InferenceSession> {
  env.logLevel = 'fatal';
  try {
    return await InferenceSession.create(ownMemory(model) as Uint8Array, {
      executionProviders: [device],
      graphOptimizationLevel: options.optimization ?? 'all',
      executionMode: 'sequential',
      interOpNumThreads: 1,
      logSeverityLevel: fatalOnly,
      ...(options.workingMemory === 'freed'
        ? { enableCpuMemArena: false, enableMemPattern: false }
        : {}),
      ...(options.threads ? { intraOpNumThreads: options.threads } : {}),
      ...(profile ? { enableProfiling: true, profileFilePrefix: profile.prefix } : {}),
    });
  } catch (cause) {
    throw openError(device, cause);
  }
}

class InThreadSession implements Session {
  readonly device: Device;
  readonly inputs: readonly ValueType[];
  readonly outputs: readonly ValueType[];
  private readonly session: InferenceSession;
  private readonly folder: ProfileFolder | undefined;
  private readonly running = new Set<Promise<unknown>>();
  private times: Promise<readonly OperatorTime[]> | undefined;
  private disposing: Promise<void> | undefined;

  constructor(
    device: Device,
    types: Pick<Session, 'inputs' | 'outputs'>,
    session: InferenceSession,
    folder: ProfileFolder | undefined,
  ) {
    this.device = device;
    this.inputs = types.inputs;
    this.outputs = types.outputs;
    this.session = session;
    this.folder = folder;
  }

  async run(
    feeds: NamedTensors,
    fetches?: readonly string[],
    options: RunOptions = {},
  ): Promise<Record<string, Tensor>> {
    if (this.disposing !== undefined) throw disposedError();
    const fetched = checkRun(this.inputs, this.outputs, feeds, fetches, options);
    const { into = {} } = options;
    const ortFeeds = mapValues(
      this.inputs.map(({ name }) => name),
      (name) => toOrt(feeds[name]),
    );
    const ortFetches = mapValues(fetched, (name) => (into[name] ? toOrt(into[name]) : null));
    const running = this.session.run(ortFeeds, ortFetches as InferenceSession.FetchesType, {
      logSeverityLevel: fatalOnly,
    });
    const settled: Promise<unknown> = running.then(
      () => this.running.delete(settled),
      () => this.running.delete(settled),
    );
    this.running.add(settled);
    let results: InferenceSession.ReturnType;
    try {
      results = await running;
    } catch (cause) {
      throw runError(this.device, cause);
    }
    return mapValues(fetched, (name) => into[name] ?? fromOrt(name, results[name]));
  }

  async profile(): Promise<readonly OperatorTime[]> {
    if (this.folder === undefined) throw notProfiledError();
    if (this.times === undefined) {
      if (this.disposing !== undefined) throw disposedError();
      await Promise.all(this.running);
      this.session.endProfiling();
      this.times = this.folder.read();
    }
    return this.times;
  }

  dispose(): Promise<void> {
    this.disposing ??= this.free();
    return this.disposing;
  }

  private async free(): Promise<void> {
    await Promise.all(this.running);
    await this.session.release();
    await this.times?.catch(() => undefined);
    await this.folder?.remove();
  }
}

function valueTypes(session: InferenceSession): Pick<Session, 'inputs' | 'outputs'> {
  return {
    inputs: session.inputMetadata.map((metadata) => valueType('input', metadata)),
    outputs: session.outputMetadata.map((metadata) => valueType('output', metadata)),
  };
}

function valueType(role: string, metadata: InferenceSession.ValueMetadata): ValueType {
  const { name } = metadata;
  if (metadata.isTensor && isDType(metadata.type)) {
    const shape = metadata.shape.map((size) => (size === '' ? '?' : size));
    return { name, dtype: metadata.type, shape };
  }
  throw new UnsupportedError({
    place: `ONNX model, ${role} "${name}"`,
    problem: 'only tensors of numbers are supported',
    expected: Object.keys(elementArrays).join(', '),
    found: metadata.isTensor ? metadata.type : 'no tensor',
  });
}

function toOrt(tensor: Tensor | undefined): OrtTensor {
  if (tensor === undefined) throw new TypeError('a checked tensor is missing');
  const data = ownMemory(tensor.data);
  return new OrtTensor(tensor.dtype as 'float32', data as Float32Array, [...tensor.shape]);
}

function fromOrt(
  name: string,
  result: InferenceSession.OnnxValueMapType[string] | undefined,
): Tensor {
  if (result === undefined || !isDType(result.type) || Array.isArray(result.data)) {
    throw new UnsupportedError({
      place: `output "${name}"`,
      problem: 'only tensors of numbers are supported',
      found: result?.type ?? 'nothing',
    });
  }
  const { buffer, byteOffset, length } = result.data;
  // Newer Node versions give float16 as a Float16Array, which has the same bits.
  const data =
    result.type === 'float16' ? new Uint16Array(buffer, byteOffset, length) : result.data;
  return { dtype: result.type, shape: [...result.dims], data } as Tensor;
}

/** The same array, or a copy of it where it lies in shared memory, which ONNX Runtime refuses. */
function ownMemory(array: ElementArray): ElementArray {
  return array.buffer instanceof ArrayBuffer ? array : array.slice();
}

function isDType(type: string): type is DType {
  return Object.hasOwn(elementArrays, type);
}

function mapValues<T>(names: readonly string[], tensorOf: (name: string) => T): Record<string, T> {
  return Object.fromEntries(names.map((name) => [name, tensorOf(name)]));
}
