import { describe, expect, it } from 'vitest';
import { type Random, seededRandom } from '../core/random.js';
import type { Shape } from '../core/tensor.js';
import { fed } from '../graph/random-call.fixture.js';
import { type CheckedCall, checkGradients } from './central-differences.fixture.js';

/** Channels in, filters and groups: dense, in two groups, depthwise, two filters a channel. */
const channelLayouts = [
  { channels: 2, filters: 3, group: 1 },
  { channels: 4, filters: 2, group: 2 },
  { channels: 3, filters: 3, group: 3 },
  { channels: 2, filters: 4, group: 2 },
] as const;
const kernels: readonly Shape[] = [
  [1, 1],
  [3, 3],
  [2, 3],
];
/** top, left, bottom, right */
const paddings: readonly Shape[] = [
  [0, 0, 0, 0],
  [1, 1, 1, 1],
  [0, 2, 1, 0],
];
const steps: readonly Shape[] = [
  [1, 1],
  [2, 2],
  [3, 1],
  [2, 3],
];
const rates: readonly Shape[] = [
  [1, 1],
  [2, 2],
  [1, 3],
];

interface Settings {
  readonly kernel: Shape;
  readonly pads: Shape;
  readonly strides: Shape;
  readonly dilations: Shape;
}

const settings = kernels.flatMap((kernel) =>
  paddings.flatMap((pads) =>
    rates.map((dilations): Omit<Settings, 'strides'> => ({ kernel, pads, dilations })),
  ),
);

/** Least size along an axis that one window fits into. */
function least({ kernel, pads, dilations }: Omit<Settings, 'strides'>, axis: 0 | 1): number {
  const extent = ((kernel[axis] ?? 1) - 1) * (dilations[axis] ?? 1) + 1;
  return Math.max(1, extent - (pads[axis] ?? 0) - (pads[axis + 2] ?? 0));
}

type Channels = (typeof channelLayouts)[number];

/** Sizes by chance: for strides above 1, most leave rows that no window reaches. */
function conv(random: Random, each: Settings, { channels, filters, group }: Channels) {
  const { kernel, ...window } = each;
  const size = [0, 1].map((axis) => least(each, axis === 0 ? 0 : 1) + random.integer(1, 5));
  const call: CheckedCall<'Conv'> = {
    op: 'Conv',
    inputs: [
      fed(random, 'float32', [2, channels, ...size]),
      fed(random, 'float32', [filters, channels / group, ...kernel]),
      fed(random, 'float32', [filters]),
    ],
    attributes: { ...window, group },
    outputs: 1,
    inLoss: [0],
  };
  return call;
}

function convTranspose(random: Random, each: Settings, { channels, filters, group }: Channels) {
  const { kernel, ...window } = each;
  const size = [random.integer(3, 4), random.integer(3, 4)];
  const call: CheckedCall<'ConvTranspose'> = {
    op: 'ConvTranspose',
    inputs: [
      fed(random, 'float32', [2, channels, ...size]),
      fed(random, 'float32', [channels, filters / group, ...kernel]),
      fed(random, 'float32', [filters]),
    ],
    attributes: {
      ...window,
      group,
      output_padding: each.strides.map((stride) => random.integer(0, stride - 1)),
    },
    outputs: 1,
    inLoss: [0],
  };
  return call;
}

describe.each([
  ['Conv', conv],
  ['ConvTranspose', convTranspose],
] as const)('gradients of %s', (_, make) => {
  // Each kernel, pads and rates meet each layout of the channels at one of the strides.
  it.each(steps.map((strides, at) => ({ strides, at })))('stride $strides', async (step) => {
    const random = seededRandom(step.at);
    for (const [index, each] of settings.entries()) {
      const channels = channelLayouts[(index + step.at) % channelLayouts.length];
      const call = make(random, { ...each, strides: step.strides }, channels ?? channelLayouts[0]);
      const { error, change } = await checkGradients(call, random);
      expect(error, JSON.stringify(call.attributes)).toBeLessThan(1e-3);
      expect(change).toBeGreaterThan(0);
    }
  });
});
