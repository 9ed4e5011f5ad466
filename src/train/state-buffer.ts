import type { NamedTensors } from '../runtime/index.js';
import { required } from './required.js';
import { StateSet } from './state-set.js';
import type { StateCell } from './step-graph/index.js';
import type { TrainingState } from './training-state.js';

/**
 * State tensors several times: the set of the state that holds, and those that a step's parts write
 * and read in turn until the step is accepted. A tensor that no step writes is there once, in all.
 */
export class StateBuffer {
  readonly #sets: readonly StateSet[];
  #accepted: StateSet;
  #newest: StateSet;

  /**
   * @param state that holds at first; taken over, or copied where it lies in cells.
   * @param cells what sessions read and write as one.
   * @param written names of the outputs of a step.
   * @param parts of a step, each of which reads what the one before wrote.
   */
  constructor(
    state: TrainingState,
    cells: readonly StateCell[],
    written: ReadonlySet<string>,
    parts = 1,
  ) {
    const first = StateSet.of(state, cells);
    const others = Array.from({ length: parts > 1 ? 2 : 1 }, () => first.another(written));
    this.#sets = [first, ...others];
    this.#accepted = first;
    this.#newest = first;
  }

  /** The state that holds; not written before the second step from here. */
  get current(): TrainingState {
    return this.#accepted.tensors;
  }

  /** Feeds of what was written last: state tensors by name, and cells. */
  get feeds(): NamedTensors {
    return this.#newest.feeds;
  }

  /** Targets for the graph's outputs. */
  get into(): NamedTensors {
    return this.#free.into;
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

  get #free(): StateSet {
    const free = this.#sets.find((set) => set !== this.#accepted && set !== this.#newest);
    return required(free, 'a set of state tensors to write');
  }
}
