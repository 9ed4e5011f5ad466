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
import type { StateTensor } from './step-graph/index.js';

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
