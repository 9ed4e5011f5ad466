import { FormatError } from '../core/errors.js';
import {
  elementCount,
  formatShape,
  type Shape,
  sameShape,
  type Tensor,
  type TensorOf,
  tensor,
} from '../core/tensor.js';
import { randomStream } from '../data/index.js';
import { initialValues, type Parameter, type Statistic, type Weights } from '../models/parameters.js';
import { slotNames } from './optimizers/index.js';
import { averageName, nextName, type StateTensor, type StepSettings } from './training-graph.js';

/** All that a run carries from step to step, by name. */
export type TrainingState = ReadonlyMap<string, TensorOf<'float32'>>;

/** What a network trains and follows. */
export interface TrainedParts {
  readonly parameters: readonly Parameter[];
  readonly statistics: readonly Statistic[];
}

/** Tells the streams of first values from others with the same seed. */
const initialStream = 0x696e;

/** The tensors of a run's state: parameters, what the optimizer keeps, averages, statistics. */
export function stateTensors(
  { optimizer, averageDecay }: Pick<StepSettings, 'optimizer' | 'averageDecay'>,
  { parameters, statistics }: TrainedParts,
): readonly StateTensor[] {
  const ofParameters = parameters.flatMap(({ name, shape }): StateTensor[] => [
    { name, shape, kind: 'parameter' },
    ...slotNames(optimizer).map(
      (slot): StateTensor => ({ name: `${name}/${slot}`, shape, kind: 'slot' }),
    ),
    ...(averageDecay === undefined
      ? []
      : [{ name: averageName(name), shape, kind: 'average' } as const]),
  ]);
  return [
    ...ofParameters,
    ...statistics.map(({ name, shape }): StateTensor => ({ name, shape, kind: 'statistic' })),
  ];
}

/** Parameters and statistics as they start: from weights where these have them, else drawn. */
export function initialWeights(
  { parameters, statistics }: TrainedParts,
  seed: number,
  weights: Weights = new Map(),
): TrainingState {
  const state = new Map<string, TensorOf<'float32'>>();
  for (const [index, parameter] of parameters.entries()) {
    const { name, shape } = parameter;
    // A stream each, so that what comes from a file does not change the rest.
    const drawn = () => initialValues(parameter, randomStream(seed, initialStream, index));
    state.set(name, weights.has(name) ? restored(weights, name, shape, 'weights') : drawn());
  }
  for (const { name, shape, initial } of statistics) {
    const filled = () =>
      tensor('float32', shape, new Float32Array(elementCount(shape)).fill(initial));
    state.set(name, weights.has(name) ? restored(weights, name, shape, 'weights') : filled());
  }
  return state;
}

/** The state before the first step: slots empty, averages equal to the parameters. */
export function initialState(
  tensors: readonly StateTensor[],
  weights: TrainingState,
): TrainingState {
  const state = new Map<string, TensorOf<'float32'>>();
  let parameter: TensorOf<'float32'> | undefined;
  for (const { name, shape, kind } of tensors) {
    const own = weights.get(name);
    if (kind === 'parameter') parameter = own;
    const value = kind === 'average' ? parameter : own;
    const data = value?.data.slice() ?? new Float32Array(elementCount(shape));
    state.set(name, tensor('float32', shape, data));
  }
  return state;
}

/**
 * The state that a checkpoint holds.
 *
 * @throws FormatError where it lacks a tensor or has it in another shape.
 */
export function restoredState(
  tensors: readonly StateTensor[],
  checkpoint: ReadonlyMap<string, Tensor>,
  place: string,
): TrainingState {
  return new Map(
    tensors.map(({ name, shape }) => [name, restored(checkpoint, name, shape, place)]),
  );
}

function restored(
  tensors: ReadonlyMap<string, Tensor>,
  name: string,
  shape: Shape,
  place: string,
): TensorOf<'float32'> {
  const found = tensors.get(name);
  if (found?.dtype === 'float32' && sameShape(found.shape, shape)) {
    return tensor('float32', shape, found.data.slice());
  }
  throw new FormatError({
    place: `${place}, "${name}"`,
    problem: found === undefined ? 'missing' : 'not of the shape that the network has',
    expected: `float32 ${formatShape(shape)}`,
    ...(found === undefined ? {} : { found: `${found.dtype} ${formatShape(found.shape)}` }),
  });
}

/** State tensors twice: one set is read, the other written, and then they change places. */
export class DoubleBuffer {
  readonly #sets: readonly [TrainingState, TrainingState];
  #read: 0 | 1 = 0;

  /** @param state taken over as the set that is read first. */
  constructor(state: TrainingState) {
    const twin = new Map(
      [...state].map(([name, { shape, data }]) => [
        name,
        tensor('float32', shape, new Float32Array(data.length)),
      ]),
    );
    this.#sets = [state, twin];
  }

  /** The set that is read. */
  get current(): TrainingState {
    return this.#sets[this.#read];
  }

  /** Feeds of the set that is read. */
  feeds(): Readonly<Record<string, Tensor>> {
    return Object.fromEntries(this.current);
  }

  /** Targets for the graph's outputs: the other set. */
  into(): Readonly<Record<string, Tensor>> {
    const other = this.#sets[this.#read === 0 ? 1 : 0];
    return Object.fromEntries([...other].map(([name, value]) => [nextName(name), value]));
  }

  /** What was written is now read. */
  flip(): void {
    this.#read = this.#read === 0 ? 1 : 0;
  }
}
