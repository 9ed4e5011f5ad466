import { int64 } from '../../core/tensor.js';
import type { Value } from '../graph.js';
import type { Expansion, ExpansionRule } from './expansion.js';

type Pool = Expansion<'MaxPoolGradient'>;

/** Sizes along one image axis: of x, of x with its padding, and where windows and taps start. */
interface Side {
  readonly size: number;
  readonly before: number;
  readonly padded: number;
  readonly windows: readonly number[];
  readonly taps: readonly number[];
}

function sideOf({ node }: Pool, x: Value, dy: Value, axis: 0 | 1): Side {
  const { kernel_shape, strides, dilations, pads } = node.attributes;
  const size = x.shape[axis + 2] ?? 1;
  const before = pads[axis] ?? 0;
  const starts = (count: number, step: number) =>
    Array.from({ length: count }, (_, index) => index * step);
  const windows = starts(dy.shape[axis + 2] ?? 1, strides[axis] ?? 1);
  const taps = starts(kernel_shape[axis] ?? 1, dilations[axis] ?? 1);
  const reached = (windows.at(-1) ?? 0) + (taps.at(-1) ?? 0) + 1;
  return { size, before, padded: Math.max(reached, size + before), windows, taps };
}

/** Positions in a plane of this width, of every pair of a row and a column. */
function positions(
  rows: readonly number[],
  columns: readonly number[],
  width: number,
): readonly number[] {
  return rows.flatMap((row) => columns.map((column) => row * width + column));
}

/**
 * dx = dy at the first largest element of each window in row-major order, as in PyTorch; where
 * windows overlap, the sum.
 *
 * The taps of all windows are gathered side by side, the largest found among them, and dy added
 * where it came from.
 */
export const maxPoolGradient: ExpansionRule<'MaxPoolGradient'> = (expansion) => {
  const [dy, x] = [expansion.input(0), expansion.input(1)];
  const [rows, columns] = [sideOf(expansion, x, dy, 0), sideOf(expansion, x, dy, 1)];
  const [batch = 1, channels = 1] = x.shape;
  const planes = [batch * channels, rows.padded * columns.padded];
  const before = [0, 0, rows.before, columns.before];
  const after = [0, 0, ...[rows, columns].map((side) => side.padded - side.before - side.size)];

  const integers = (values: readonly number[], shape: readonly number[]): Value =>
    expansion.builder.constant(int64(values, shape), `${expansion.node.name}/positions`);
  const windows = positions(rows.windows, columns.windows, columns.padded);
  const taps = positions(rows.taps, columns.taps, columns.padded);
  const all = taps.flatMap((tap) => windows.map((window) => window + tap));

  const lowest = expansion.scalar(Number.NEGATIVE_INFINITY);
  const surrounded = pad(expansion, x, [...before, ...after], lowest);
  const gathered = expansion.add(
    'Gather',
    [expansion.reshape(surrounded, planes), integers(all, [taps.length, windows.length])],
    { axis: 1 },
  );
  const largest = expansion.add('ArgMax', [gathered], { axis: 1, keepdims: 0 });
  const offsets = expansion.add('Gather', [integers(taps, [taps.length]), largest], {});
  const sources = expansion.add('Add', [offsets, integers(windows, [1, windows.length])], {});
  const zeros = expansion.add('Expand', [expansion.scalar(0), expansion.integers(planes)], {});
  const updates = expansion.reshape(dy, [batch * channels, windows.length]);
  const placed = expansion.add('ScatterElements', [zeros, sources, updates], {
    axis: 1,
    reduction: 'add',
  });
  const image = expansion.reshape(placed, [batch, channels, rows.padded, columns.padded]);
  return [
    pad(
      expansion,
      image,
      [...before, ...after].map((width) => -width),
    ),
  ];
};

function pad(expansion: Pool, value: Value, widths: readonly number[], fill?: Value): Value {
  if (widths.every((width) => width === 0)) return value;
  return expansion.add('Pad', [value, expansion.integers(widths), fill], {});
}
