import { FormatError } from '../core/errors.js';
import {
  formatShape,
  type Shape,
  sameShape,
  type Tensor,
  type TensorOf,
  tensor,
  zeros,
} from '../core/tensor.js';
import type { Weights } from '../models/parameters.js';
import { nextName, type StateTensor } from './step-graph/index.js';

/** All that a run carries from step to step, by name. */
export type TrainingState = ReadonlyMap<string, TensorOf<'float32'>>;

/** The state before the first step: slots empty, averages equal to the parameters. */
export function initialState(tensors: readonly StateTensor[], weights: Weights): TrainingState {
  let parameter = '';
  return new Map(
    tensors.map(({ name, shape, kind }) => {
      if (kind === 'parameter') parameter = name;
      const source = kind === 'average' ? parameter : name;
      const value =
        kind === 'slot'
          ? zeros('float32', shape)
          : restored(weights, source, shape, 'first weights');
      return [name, value];
    }),
  );
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

/**
 * State tensors twice: one set is read, the other written, and then they change places. A tensor
 * that no step writes is there once, in both sets.
 */
export class DoubleBuffer {
  readonly #sets: readonly [TrainingState, TrainingState];
  #read: 0 | 1 = 0;

  /**
   * @param state taken over as the set that is read first.
   * @param written names of the outputs of a step.
   */
  constructor(state: TrainingState, written: ReadonlySet<string>) {
    const twin = new Map(
      [...state].map(([name, value]) => [
        name,
        written.has(nextName(name)) ? zeros('float32', value.shape) : value,
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
