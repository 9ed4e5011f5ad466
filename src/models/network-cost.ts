import { elementCount } from '../core/tensor.js';
import { GraphBuilder } from '../graph/builder.js';
import { costOf, multiplyAddsOf } from '../graph/cost.js';
import type { Node } from '../graph/graph.js';
import { deepLab } from './deeplab.js';
import { Layers } from './layers.js';
import type { DeepLabSettings } from './settings.js';

/** What a network costs at an input size. */
export interface NetworkCost {
  /** Numbers that a checkpoint holds: batch norm's statistics among them. */
  readonly parameters: number;
  /** Numbers that are left once batch norm is folded into the convolutions before it. */
  readonly foldedParameters: number;
  /** Multiply-adds of convolutions; a multiply-add is two FLOPs. */
  readonly multiplyAdds: number;
  /**
   * The same as TensorFlow 1 computes atrous convolutions, and as its profiler counted the papers'
   * figures: on outputs whose sides are rounded up to multiples of the rate, for it takes them apart
   * into images of every rate-th pixel.
   */
  readonly paddedMultiplyAdds: number;
}

/** Counts a network's parameters and multiply-adds, without making its weights. */
export function networkCost(
  settings: DeepLabSettings,
  { width, height }: { readonly width: number; readonly height: number },
): NetworkCost {
  const builder = new GraphBuilder();
  const layers = new Layers(builder, { kind: 'train', batchNorm: 'frozen' });
  const image = builder.input('image', 'float32', [1, 3, height, width]);
  const value = deepLab(layers, image, settings);
  const count = (list: readonly { readonly shape: readonly number[] }[]) =>
    list.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  const statistics = count(layers.statistics);
  const parameters = count(layers.parameters) + statistics;
  // Of a channel's mean, variance, gamma and beta one number remains, a bias.
  const foldedParameters = parameters - (3 / 2) * statistics;
  const graph = builder.build([{ name: 'logits', value }]);
  const paddedMultiplyAdds = graph.nodes.reduce(
    (sum, node) => sum + multiplyAddsOf(node) * paddingFactor(node),
    0,
  );
  const { multiplyAdds } = costOf(graph);
  return { parameters, foldedParameters, multiplyAdds, paddedMultiplyAdds };
}

/** How many more outputs a convolution has whose sides are rounded up to multiples of its rate. */
function paddingFactor(node: Node): number {
  if (node.op !== 'Conv') return 1;
  const sides = node.outputs[0]?.shape.slice(2) ?? [];
  return sides.reduce((product, side, axis) => {
    const rate = node.attributes.dilations[axis] ?? 1;
    return (product * (Math.ceil(side / rate) * rate)) / side;
  }, 1);
}
