import type { Random } from '../../core/random.js';
import { float32, type Shape } from '../../core/tensor.js';
import { GraphBuilder } from '../builder.js';
import type { Graph, Value } from '../graph.js';
import { chance, pick, randomTensor, shuffled } from '../random-call.fixture.js';

/** Adds a node or a few to an image [N, C, H, W] and gives back another image. */
type Step = (builder: GraphBuilder, image: Value, random: Random) => Value;

function channelsOf(image: Value): number {
  return image.shape[1] ?? 0;
}

function constant(builder: GraphBuilder, random: Random, shape: Shape): Value {
  return builder.constant(randomTensor(random, 'float32', shape, 'nonzero'), 'weights');
}

/** A constant that a chain of affine steps may hold: per channel, whole, or per pixel. */
function operand(builder: GraphBuilder, image: Value, random: Random): Value {
  const channels = channelsOf(image);
  const [, , height = 1, width = 1] = image.shape;
  const shapes = [[1, channels, 1, 1], [channels, 1, 1], [], [1], [1, 1, height, width], [width]];
  return constant(builder, random, pick(random, shapes));
}

function bound(builder: GraphBuilder, random: Random): Value {
  const shape = pick(random, [[], [1], [1, 1, 1, 1]]);
  return builder.constant(float32(shape, [random.normal()]), 'bound');
}

const convolution: Step = (builder, image, random) => {
  const channels = channelsOf(image);
  const depthwise = chance(random, 0.3);
  const filters = depthwise ? channels : random.integer(1, 4);
  const weights = constant(builder, random, [filters, depthwise ? 1 : channels, 3, 3]);
  const bias = chance(random, 0.5) ? constant(builder, random, [filters]) : undefined;
  const attributes = { pads: [1, 1, 1, 1], group: depthwise ? channels : 1 };
  return builder.add('Conv', [image, weights, bias], attributes);
};

const batchNorm: Step = (builder, image, random) => {
  const channels = channelsOf(image);
  const perChannel = () => constant(builder, random, [channels]);
  const variance = builder.constant(randomTensor(random, 'float32', [channels], 'positive'));
  const inputs = [image, perChannel(), perChannel(), perChannel(), variance];
  return builder.add('BatchNormalization', inputs, { epsilon: 0.001 });
};

const affine: Step = (builder, image, random) => {
  const other = operand(builder, image, random);
  const op = pick(random, ['Add', 'Mul', 'Sub', 'Div'] as const);
  const swapped = chance(random, 0.3);
  // Nothing may come near a division by zero.
  const inputs = swapped && op !== 'Div' ? [other, image] : [image, other];
  return builder.add(op, inputs, {});
};

const clamp: Step = (builder, image, random) => {
  switch (random.integer(0, 3)) {
    case 0:
      return builder.add('Relu', [image], {});
    case 1: {
      const scalar = (value: number) => builder.constant(float32([], [value]));
      const least = chance(random, 0.7) ? scalar(random.uniform() - 1) : undefined;
      const greatest = chance(random, 0.7) ? scalar(6 * random.uniform()) : undefined;
      return builder.add('Clip', [image, least, greatest], {});
    }
    default: {
      const inputs = shuffled(random, [image, bound(builder, random)]);
      return builder.add(pick(random, ['Max', 'Min'] as const), inputs, {});
    }
  }
};

const shuffle: Step = (builder, image, random) => {
  const perm = shuffled(random, [0, 1, 2, 3]);
  const turned = builder.add('Transpose', [image], { perm });
  const middle = chance(random, 0.3) ? builder.add('Identity', [turned], {}) : turned;
  const back = perm.map((_, axis) => perm.indexOf(axis));
  return builder.add('Transpose', [middle], { perm: back });
};

const twice: Step = (builder, image, random) => {
  const [first, second] = [image, image].map((each) => builder.add('Sigmoid', [each], {}));
  return builder.add(pick(random, ['Add', 'Mul'] as const), [first, second], {});
};

const known: Step = (builder, image, random) => {
  const root = builder.add('Sqrt', [builder.constant(float32([], [2 + random.uniform()]))], {});
  return builder.add('Mul', [image, builder.add('Neg', [root], {})], {});
};

const steps = [convolution, convolution, batchNorm, affine, affine, clamp, shuffle, twice, known];

/**
 * A random network of convolutions, batch norm, factors and offsets, clamps, transposes that cancel
 * and nodes that compute the same; now and then with a branch, or with an output in the middle.
 */
export function randomGraph(random: Random): Graph {
  const builder = new GraphBuilder();
  const shape = [random.integer(1, 2), random.integer(1, 3), 4, 5];
  let image = builder.input('image', 'float32', shape);
  const outputs: Value[] = [];
  let earlier = image;
  for (let count = random.integer(2, 9); count > 0; count--) {
    image = pick(random, steps)(builder, image, random);
    if (`${earlier.shape}` === `${image.shape}` && chance(random, 0.15)) {
      image = builder.add('Add', [image, earlier], {});
    }
    if (chance(random, 0.1)) outputs.push(image);
    if (chance(random, 0.3)) earlier = image;
  }
  const all = [...new Set([...outputs, image])];
  return builder.build(all.map((value, at) => ({ name: `y${at}`, value })));
}
