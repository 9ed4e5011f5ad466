import { GraphError } from '../../core/errors.js';
import { elementCount } from '../../core/tensor.js';
import type { OperatorName } from '../../graph/operators.js';
import { differentiable, type GradientCall, type GradientEntries } from '../gradient-rule.js';

function axisOf(call: GradientCall<'Gather' | 'GatherElements' | 'ScatterElements'>): number {
  return call.described.axis(call.node.attributes.axis, call.input(0).shape.length);
}

/** Picking elements by index or size, and putting them back. Indices have no gradient. */
export const gatheringEntries = {
  /** dx = 0 with each slice of dy added where it was taken from */
  Gather: differentiable((call) => {
    const { shape } = call.input(0);
    const axis = axisOf(call);
    const before = elementCount(shape.slice(0, axis));
    const after = elementCount(shape.slice(axis + 1));
    const count = elementCount(call.input(1).shape);
    const slices = [before, count, after];
    const row = call.reshape(call.input(1), [1, count, 1]);
    const added = call.add(
      'ScatterElements',
      [
        call.zeros([before, shape[axis] ?? 1, after]),
        call.expand(row, slices),
        call.reshape(call.gradient, slices),
      ],
      { axis: 1, reduction: 'add' },
    );
    return [call.reshape(added, shape)];
  }),
  /** dx = 0 with each element of dy added where it was taken from */
  GatherElements: differentiable((call) => {
    const inputs = [call.zeros(call.input(0).shape), call.input(1), call.gradient];
    return [call.add('ScatterElements', inputs, { axis: axisOf(call), reduction: 'add' })];
  }),
  /** dx = 0 with each element of dy put where the value was found */
  TopK: differentiable((call) => {
    const { axis } = call.node.attributes;
    const inputs = [call.zeros(call.input(0).shape), call.output(1), call.gradient];
    return [call.add('ScatterElements', inputs, { axis, reduction: 'none' })];
  }),
  /**
   * The updates' gradient is that of the elements they were put into. The data's is dy, without
   * those elements where they were replaced (each by one update, as ONNX demands).
   */
  ScatterElements: differentiable((call) => {
    const axis = axisOf(call);
    const indices = call.input(1);
    const { reduction } = call.node.attributes;
    if (reduction === 'mul') {
      throw new GraphError({
        place: `gradient of ScatterElements "${call.node.name}"`,
        problem: 'scattered products have no gradient here',
        expected: 'reduction "none" or "add"',
        found: `"${reduction}"`,
      });
    }
    const kept = () =>
      call.add('ScatterElements', [call.gradient, indices, call.zeros(indices.shape)], {
        axis,
        reduction: 'none',
      });
    return [
      call.wants(0) ? (reduction === 'add' ? call.gradient : kept()) : undefined,
      undefined,
      call.wants(2) ? call.add('GatherElements', [call.gradient, indices], { axis }) : undefined,
    ];
  }),
} as const satisfies Partial<GradientEntries<OperatorName>>;
