import { type Tensor, toNumbers } from '../../core/tensor.js';
import { fromNumbers } from '../constants/strided.js';
import { type Graph, type Node, useCounts } from '../graph.js';
import { rewrite } from '../rewrite.js';

/** The interval that an activation clamps to. */
interface Interval {
  readonly least: number;
  readonly greatest: number;
}

/**
 * Merges clamping activations that follow one another (Relu, Clip, Max and Min with a constant)
 * into one Clip, which ONNX Runtime then runs inside the convolution before it.
 */
export function foldActivations(graph: Graph): Graph {
  const uses = useCounts(graph);
  return rewrite(graph, (node, { builder, inputs, keep }) => {
    const outer = clampOf(node);
    if (outer === undefined) return keep();
    const position = node.inputs.findIndex((input) => input?.constant === undefined);
    const source = node.inputs[position];
    const renewed = inputs[position];
    if (source === undefined || renewed === undefined) return keep();
    const before = uses.get(source) === 1 ? builder.producerOf(renewed) : undefined;
    const inner = before && clampOf(before);
    const merged = inner === undefined ? outer : intersect(inner, outer);
    if (merged === undefined) return keep();
    const input =
      inner === undefined ? renewed : before?.inputs.find((value) => value?.constant === undefined);
    if (input === undefined) return keep();
    const openAbove = merged.greatest === Number.POSITIVE_INFINITY;
    // ONNX Runtime has kernels of Clip for the integers too, and of Relu for few of them.
    if (merged.least === 0 && openAbove && input.dtype.startsWith('float')) {
      return builder.addAll('Relu', [input], {}, { name: node.name });
    }
    const bound = (value: number, name: string) =>
      Number.isFinite(value)
        ? builder.constant(fromNumbers(input.dtype, [], [value]), `${node.name}/${name}`)
        : undefined;
    const bounds = [bound(merged.least, 'least'), bound(merged.greatest, 'greatest')];
    return builder.addAll('Clip', [input, ...bounds], {}, { name: node.name });
  });
}

/** The composition of two clamps; they must overlap for it to be a clamp again. */
function intersect(inner: Interval, outer: Interval): Interval | undefined {
  const least = Math.max(inner.least, outer.least);
  const greatest = Math.min(inner.greatest, outer.greatest);
  return least <= greatest ? { least, greatest } : undefined;
}

function clampOf(node: Node): Interval | undefined {
  switch (node.op) {
    case 'Relu':
      return { least: 0, greatest: Number.POSITIVE_INFINITY };
    case 'Clip': {
      const [, least, greatest] = node.inputs;
      const low = least === undefined ? Number.NEGATIVE_INFINITY : scalar(least.constant);
      const high = greatest === undefined ? Number.POSITIVE_INFINITY : scalar(greatest.constant);
      return low === undefined || high === undefined ? undefined : { least: low, greatest: high };
    }
    case 'Max':
    case 'Min': {
      const constant = node.inputs.find((input) => input?.constant !== undefined)?.constant;
      const other = node.inputs.find((input) => input?.constant === undefined);
      const bound = node.inputs.length === 2 ? scalar(constant) : undefined;
      // A bound of more axes than the other operand gives these to the result.
      const axes = constant?.shape.length ?? 0;
      if (bound === undefined || other === undefined || axes > other.shape.length) return undefined;
      return node.op === 'Max'
        ? { least: bound, greatest: Number.POSITIVE_INFINITY }
        : { least: Number.NEGATIVE_INFINITY, greatest: bound };
    }
    default:
      return undefined;
  }
}

function scalar(constant: Tensor | undefined): number | undefined {
  if (constant === undefined || constant.data.length !== 1) return undefined;
  return constant.shape.every((size) => size === 1) ? toNumbers(constant)[0] : undefined;
}
