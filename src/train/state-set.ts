import { elementCount, type TensorOf, tensor, zeros } from '../core/tensor.js';
import type { NamedTensors } from '../runtime/index.js';
import { nextName, type StateCell } from './step-graph/index.js';
import type { TrainingState } from './training-state.js';

/** A cell and its memory. */
interface FilledCell {
  readonly cell: StateCell;
  /** float32 [elements of all members] */
  readonly vector: TensorOf<'float32'>;
}

/** A state in memory as a step reads and writes it: tensors in a cell are windows of the cell. */
export class StateSet {
  readonly tensors: TrainingState;
  /** State tensors by name, and cells. */
  readonly feeds: NamedTensors;
  /** The same by the names of the outputs that have their next values. */
  readonly into: NamedTensors;
  readonly #cells: readonly FilledCell[];

  private constructor(state: TrainingState, cells: readonly FilledCell[]) {
    this.#cells = cells;
    const windows = new Map(cells.flatMap(windowsOf));
    this.tensors = new Map([...state].map(([name, own]) => [name, windows.get(name) ?? own]));
    const all = [...this.tensors, ...cells.map(({ cell, vector }) => [cell.name, vector] as const)];
    this.feeds = Object.fromEntries(all);
    this.into = Object.fromEntries(all.map(([name, value]) => [nextName(name), value]));
  }

  /** @param state taken over; what belongs in cells is copied. */
  static of(state: TrainingState, cells: readonly StateCell[]): StateSet {
    const filled = cells.map((cell) => {
      const vector = emptyVector(cell);
      for (const [name, { data }] of windowsOf({ cell, vector })) {
        data.set(state.get(name)?.data ?? []);
      }
      return { cell, vector };
    });
    return new StateSet(state, filled);
  }

  /** One of the same tensors, in memory of its own for those that a step writes. */
  another(written: ReadonlySet<string>): StateSet {
    const isWritten = (name: string) => written.has(nextName(name));
    const cells = this.#cells.map(({ cell, vector }) => ({
      cell,
      vector: isWritten(cell.name) ? emptyVector(cell) : vector,
    }));
    const tensors = [...this.tensors].map(
      ([name, own]) => [name, isWritten(name) ? zeros('float32', own.shape) : own] as const,
    );
    return new StateSet(new Map(tensors), cells);
  }
}

function emptyVector({ members }: StateCell): TensorOf<'float32'> {
  return zeros('float32', [members.reduce((sum, { shape }) => sum + elementCount(shape), 0)]);
}

/** The tensors of a cell in its memory. */
function windowsOf({
  cell,
  vector,
}: FilledCell): readonly (readonly [name: string, TensorOf<'float32'>])[] {
  let end = 0;
  return cell.members.map(({ name, shape }) => {
    const start = end;
    end += elementCount(shape);
    return [name, tensor('float32', shape, vector.data.subarray(start, end))] as const;
  });
}
