import type { Value } from '../graph.js';
import type { Expansion, ExpansionRule } from './expansion.js';

type Correlation = Expansion<'ConvWeightGradient'>;

/**
 * dw[m, c, i, j] = sum over batch and image of dy[m] with x[c] shifted by tap (i, j): one matrix
 * product (or, with a channel per group, one weighted sum) for each tap of the kernel.
 */
export const convWeightGradient: ExpansionRule<'ConvWeightGradient'> = (expansion) => {
  const [x, dy] = [expansion.input(0), expansion.input(1)];
  const { kernel_shape, dilations, group } = expansion.node.attributes;
  const [height = 1, width = 1] = kernel_shape;
  const padded = pad(expansion, x);
  const taps: Value[] = [];
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const offset = [row * (dilations[0] ?? 1), column * (dilations[1] ?? 1)] as const;
      taps.push(correlate(expansion, shifted(expansion, padded, dy, offset), dy, group));
    }
  }
  const filters = dy.shape[1] ?? 1;
  const perGroup = (x.shape[1] ?? 1) / group;
  const last = taps.map((tap) => expansion.reshape(tap, [filters, perGroup, 1]));
  const [only] = last;
  const joined =
    only !== undefined && last.length === 1 ? only : expansion.add('Concat', last, { axis: 2 });
  return [expansion.reshape(joined, [filters, perGroup, height, width])];
};

function pad(expansion: Correlation, x: Value): Value {
  const [top = 0, left = 0, bottom = 0, right = 0] = expansion.node.attributes.pads;
  if (top + left + bottom + right === 0) return x;
  const amounts = expansion.integers([0, 0, top, left, 0, 0, bottom, right]);
  return expansion.add('Pad', [x, amounts], {});
}

/** The pixels of x that one tap of the kernel meets, one for each pixel of dy. */
function shifted(
  expansion: Correlation,
  padded: Value,
  dy: Value,
  [row, column]: readonly [number, number],
): Value {
  const [rowStep = 1, columnStep = 1] = expansion.node.attributes.strides;
  const [, , height = 1, width = 1] = dy.shape;
  const ends = [row + (height - 1) * rowStep + 1, column + (width - 1) * columnStep + 1];
  const whole = row === 0 && column === 0 && rowStep === 1 && columnStep === 1;
  if (whole && ends[0] === padded.shape[2] && ends[1] === padded.shape[3]) return padded;
  const integers = (values: readonly number[]) => expansion.integers(values);
  return expansion.add(
    'Slice',
    [
      padded,
      integers([row, column]),
      integers(ends),
      integers([2, 3]),
      integers([rowStep, columnStep]),
    ],
    {},
  );
}

function correlate(expansion: Correlation, x: Value, dy: Value, group: number): Value {
  const [batch = 1, channels = 1, height = 1, width = 1] = x.shape;
  const filters = dy.shape[1] ?? 1;
  const pixels = height * width;
  if (channels === group && filters === group) {
    return expansion.channelSums(expansion.add('Mul', [x, dy], {}));
  }
  const left = expansion.reshape(dy, [batch, group, filters / group, pixels]);
  const right = expansion.reshape(x, [batch, group, channels / group, pixels]);
  const transposed = expansion.add('Transpose', [right], { perm: [0, 1, 3, 2] });
  const products = expansion.add('MatMul', [left, transposed], {});
  return expansion.add('ReduceSum', [products, expansion.integers([0])], { keepdims: 0 });
}
