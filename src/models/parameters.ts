import type { Random } from '../core/random.js';
import { elementCount, type Shape, type Tensor, type TensorOf, tensor } from '../core/tensor.js';

/**
 * What a trained parameter is; names its last part, as in TensorFlow's checkpoints.
 *
 * Weight decay and gradient multipliers go by it.
 */
export type ParameterRole = 'weights' | 'depthwise_weights' | 'biases' | 'gamma' | 'beta';

/** How a parameter starts where no file gives it. */
export type Initial =
  | { readonly kind: 'constant'; readonly value: number }
  /** Normal, drawn again beyond two deviations. */
  | { readonly kind: 'truncated-normal'; readonly deviation: number }
  /** Uniform with variance 2 / (fan in + fan out) (Glorot and Bengio 2010). */
  | { readonly kind: 'xavier' }
  /** Truncated normal with variance 2 / fan in, for layers before a relu (He et al. 2015). */
  | { readonly kind: 'variance-scaling' };

/** A trained parameter of a network. */
export interface Parameter {
  /** TensorFlow's variable name, e.g. `MobilenetV2/expanded_conv_3/expand/weights`. */
  readonly name: string;
  /** Convolution weights are [filters, channels / group, kH, kW]. */
  readonly shape: Shape;
  readonly role: ParameterRole;
  readonly initial: Initial;
  /** Where it belongs: learning rates go by it, and what other networks' weights are left out. */
  readonly part: NetworkPart;
}

/**
 * A part of a network: the `head` is what DeepLab puts on the backbone (ASPP, and the auxiliary head
 * of training), the `decoder` that of v3+, and only the `logits` depend on the number of classes.
 */
export type NetworkPart = 'backbone' | 'head' | 'decoder' | 'logits';

/** A batch-norm statistic: kept beside the parameters, followed during training. */
export interface Statistic {
  readonly name: string;
  readonly shape: Shape;
  readonly initial: 0 | 1;
  /** Share of the old value that each step keeps. */
  readonly decay: number;
}

/** First values of a parameter. */
export function initialValues({ shape, initial }: Parameter, random: Random): TensorOf<'float32'> {
  const data = new Float32Array(elementCount(shape));
  switch (initial.kind) {
    case 'constant':
      data.fill(initial.value);
      break;
    case 'truncated-normal':
      for (let at = 0; at < data.length; at++) data[at] = initial.deviation * truncated(random);
      break;
    case 'variance-scaling': {
      // TensorFlow's: cutting a normal at two deviations leaves 1 / 1.3 of its variance.
      const deviation = Math.sqrt((1.3 * 2) / elementCount(shape.slice(1)));
      for (let at = 0; at < data.length; at++) data[at] = deviation * truncated(random);
      break;
    }
    case 'xavier': {
      const [filters = 1, channels = 1, ...kernel] = shape;
      const limit = Math.sqrt(6 / ((filters + channels) * elementCount(kernel)));
      for (let at = 0; at < data.length; at++) data[at] = limit * (2 * random.uniform() - 1);
      break;
    }
  }
  return tensor('float32', shape, data);
}

function truncated(random: Random): number {
  for (;;) {
    const value = random.normal();
    if (Math.abs(value) <= 2) return value;
  }
}

/** Parameters and statistics by name. */
export type Weights = ReadonlyMap<string, Tensor>;
