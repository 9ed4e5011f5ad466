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
import { required } from './required.js';
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
 * State tensors several times: the set of the state that holds, and those that a step's parts write
 * and read in turn until the step is accepted. A tensor that no step writes is there once, in all.
 */
export class StateBuffer {
  readonly #sets: readonly TrainingState[];
  #accepted: TrainingState;
  #newest: TrainingState;

  /**
   * @param state taken over as the state that holds.
   * @param written names of the outputs of a step.
   * @param parts of a step, each of which reads what the one before wrote.
   */
  constructor(state: TrainingState, written: ReadonlySet<string>, parts = 1) {
    const another = (): TrainingState =>
      new Map(
        [...state].map(([name, value]) => [
          name,
          written.has(nextName(name)) ? zeros('float32', value.shape) : value,
        ]),
      );
    this.#sets = [state, another(), ...(parts > 1 ? [another()] : [])];
    this.#accepted = state;
    this.#newest = state;
  }

  /** The state that holds; not written before the second step from here. */
  get current(): TrainingState {
    return this.#accepted;
  }

  /** Feeds of what was written last. */
  feeds(): Readonly<Record<string, Tensor>> {
    return Object.fromEntries(this.#newest);
  }

  /** Targets for the graph's outputs. */
  into(): Readonly<Record<string, Tensor>> {
    return Object.fromEntries([...this.#free].map(([name, value]) => [nextName(name), value]));
  }

  /** What was written is now read. */
  advance(): void {
    this.#newest = this.#free;
  }

  /** What was written last is the state that holds. */
  accept(): void {
    this.#accepted = this.#newest;
  }

  /** Forgets what was written since the state that holds. */
  restart(): void {
    this.#newest = this.#accepted;
  }

  get #free(): TrainingState {
    const free = this.#sets.find((set) => set !== this.#accepted && set !== this.#newest);
    return required(free, 'a set of state tensors to write');
  }
}
