import { float32 } from '../core/tensor.js';
import type { GraphBuilder } from '../graph/builder.js';
import type { Value } from '../graph/graph.js';

/** `hard-sigmoid` is min(max(x + 3, 0), 6) / 6, and `hard-swish` x times it. */
export type ActivationName = 'none' | 'relu' | 'relu6' | 'hard-swish' | 'hard-sigmoid' | 'sigmoid';

/** A value after an activation function; the value itself after none. */
export function activated(builder: GraphBuilder, x: Value, activation: ActivationName): Value {
  const scalar = (value: number) => builder.constant(float32([], [value]), 'bound');
  switch (activation) {
    case 'none':
      return x;
    case 'relu':
      return builder.add('Relu', [x], {});
    case 'relu6':
      return builder.add('Clip', [x, scalar(0), scalar(6)], {});
    case 'hard-swish':
      return builder.add('HardSwish', [x], {});
    case 'hard-sigmoid':
      return builder.add('HardSigmoid', [x], { alpha: 1 / 6, beta: 0.5 });
    case 'sigmoid':
      return builder.add('Sigmoid', [x], {});
  }
}
