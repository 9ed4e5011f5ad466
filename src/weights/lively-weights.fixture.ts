import type { Random } from '../core/random.js';
import { elementCount, type TensorOf, tensor } from '../core/tensor.js';
import type { NetworkDescription } from './network-graph.js';

/** Random weights by which activations neither vanish nor explode, as after a training. */
export function livelyWeights(
  { parameters, statistics }: NetworkDescription,
  random: Random,
): ReadonlyMap<string, TensorOf<'float32'>> {
  const weights = new Map<string, TensorOf<'float32'>>();
  const fill = (name: string, shape: readonly number[], draw: () => number) => {
    const data = Float32Array.from({ length: elementCount(shape) }, draw);
    weights.set(name, tensor('float32', shape, data));
  };
  for (const { name, shape, role } of parameters) {
    switch (role) {
      case 'weights':
      case 'depthwise_weights': {
        const deviation = Math.sqrt(2 / elementCount(shape.slice(1)));
        fill(name, shape, () => deviation * random.normal());
        break;
      }
      case 'gamma':
        fill(name, shape, () => 1 + 0.3 * random.normal());
        break;
      case 'beta':
      case 'biases':
        fill(name, shape, () => 0.3 * random.normal());
        break;
    }
  }
  for (const { name, shape, initial } of statistics) {
    fill(name, shape, initial === 0 ? () => 0.3 * random.normal() : () => 0.5 + random.uniform());
  }
  return weights;
}
