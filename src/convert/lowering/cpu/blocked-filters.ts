import { float32, type TensorOf } from '../../../core/tensor.js';
import type { Node, Value } from '../../../graph/graph.js';
import { channelsPerBlocks } from './image.js';
import type { CpuLowering } from './lowering.js';

/**
 * Depthwise weights [C, 1, kH, kW] for every plane of the batch, in blocked layout: as many filters
 * as there are planes, those of a block side by side tap for tap.
 *
 * A product with a constant matrix of zeros and ones repeats and orders them at once, exactly. ONNX
 * Runtime takes ten times as long to transpose so small a tensor on two threads as on one.
 */
export function blockedFilters(
  lowering: CpuLowering,
  node: Node,
  weights: Value,
  batch: number,
  order: 'as-is' | 'turned' = 'as-is',
): Value {
  const [channels = 1, , height = 1, width = 1] = weights.shape;
  const taps = height * width;
  const { block } = lowering;
  const group = channelsPerBlocks(block, batch);
  const arrangement = lowering.shared(`filters ${taps} ${batch} ${order}`, () =>
    filterArrangement({ group, taps, batch, block, turned: order === 'turned' }),
  );
  const groups = lowering.reshape(weights, [channels / group, group * taps]);
  const arranged = lowering.add(node, 'MatMul', [groups, arrangement], {});
  return lowering.reshape(arranged, [channels * batch, 1, height, width]);
}

interface Arrangement {
  /** Channels whose planes fill whole blocks. */
  readonly group: number;
  readonly taps: number;
  readonly batch: number;
  readonly block: number;
  /** Whether the filters are turned by 180 degrees. */
  readonly turned: boolean;
}

/** [group taps, group batch taps]: a one in each column, at the weight that belongs there. */
function filterArrangement(of: Arrangement): TensorOf<'float32'> {
  const { group, taps, batch, block, turned } = of;
  const planes = group * batch;
  const rows = group * taps;
  const columns = planes * taps;
  const ones = new Array<number>(rows * columns).fill(0);
  for (let plane = 0; plane < planes; plane++) {
    const channel = Math.floor(plane / batch);
    const first = (plane - (plane % block)) * taps;
    for (let tap = 0; tap < taps; tap++) {
      const row = channel * taps + (turned ? taps - 1 - tap : tap);
      ones[row * columns + first + tap * block + (plane % block)] = 1;
    }
  }
  return float32([rows, columns], ones);
}
