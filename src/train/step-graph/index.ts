import { GraphBuilder } from '../../graph/builder.js';
import type { Graph } from '../../graph/graph.js';
import type { Parameter } from '../../models/parameters.js';
import { Forward } from './forward.js';
import { gradientName, lossOutput, stepInputs } from './names.js';
import type { StepSettings } from './settings.js';
import type { TrainedParts } from './state-tensors.js';
import { followedStatistics } from './statistics.js';
import { Updates } from './updates.js';

export { averageName, gradientName, lossOutput, nextName, stepInputs } from './names.js';
export type { AuxiliarySettings, StepSettings } from './settings.js';
export { type CellGraph, type StateCell, withStateCells } from './state-cells.js';
export { type StateTensor, stateTensors, type TrainedParts } from './state-tensors.js';
export { trainedParts } from './trained-parts.js';

/** The graph of a training step, with what it moves and must be fed beside its state. */
export interface TrainingGraph extends TrainedParts {
  readonly graph: Graph;
  readonly dropoutMasks: Forward['dropoutMasks'];
}

/**
 * A whole training step in one graph: (images, labels, rate, state) to (loss, new state).
 */
export function stepGraph(settings: StepSettings): TrainingGraph {
  const builder = new GraphBuilder({ foldConstants: true });
  const forward = new Forward(builder, settings);
  const moved = forward.moved();
  const updates = new Updates(builder, settings, moved);
  return described(
    forward,
    builder.build([
      { name: lossOutput, value: forward.loss },
      ...updates.apply(moved),
      ...followedStatistics(builder, forward.statistics, updates.step),
    ]),
  );
}

/** The first half of a step: losses, gradients and followed statistics. */
export function gradientGraph(settings: StepSettings): TrainingGraph {
  const builder = new GraphBuilder({ foldConstants: true });
  const forward = new Forward(builder, settings);
  const moved = forward.moved();
  const step = builder.input(stepInputs.step, 'float32', []);
  return described(
    forward,
    builder.build([
      { name: lossOutput, value: forward.loss },
      ...moved.map(({ name, gradient }) => ({ name: gradientName(name), value: gradient })),
      ...followedStatistics(builder, forward.statistics, step),
    ]),
  );
}

/** The second half of a step: (gradients, rate, state) to new state. */
export function updateGraph(settings: StepSettings, parameters: readonly Parameter[]): Graph {
  const builder = new GraphBuilder({ foldConstants: true });
  const built = parameters.map((parameter) => ({
    ...parameter,
    value: builder.input(parameter.name, 'float32', parameter.shape),
  }));
  const updates = new Updates(builder, settings, built);
  const moved = built.map((parameter) => ({
    ...parameter,
    gradient: builder.input(gradientName(parameter.name), 'float32', parameter.shape),
  }));
  return builder.build(updates.apply(moved));
}

function described({ parameters, statistics, dropoutMasks }: Forward, graph: Graph): TrainingGraph {
  return { graph, parameters, statistics, dropoutMasks };
}
