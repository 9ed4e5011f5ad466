import type { Value } from '../../graph/graph.js';
import { atrousUnits, makeDivisible } from '../geometry.js';
import type { BatchNormSettings, Layers } from '../layers.js';
import type { Features } from './features.js';

/** Expansion, channels, repeats, nominal stride (Sandler et al. 2018, table 2; without the last). */
const stages = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

const batchNorm: BatchNormSettings = { decay: 0.997, epsilon: 1e-3 };
const scope = 'MobilenetV2';

export interface MobileNetV2Settings {
  /** Factor on all channel counts. */
  readonly depthMultiplier: number;
  readonly outputStride: number;
}

/**
 * MobileNetV2 up to its last inverted residual (320 channels at multiplier 1).
 *
 * Low-level features are the depthwise outputs of the units where the stride changes.
 */
export function mobileNetV2(
  layers: Layers,
  image: Value,
  { depthMultiplier, outputStride }: MobileNetV2Settings,
): Features {
  // The release rounds to multiples of 8 at multiplier 1 only.
  const scaled = (channels: number) =>
    makeDivisible(channels * depthMultiplier, depthMultiplier === 1 ? 8 : 1);
  const relu6 = { activation: 'relu6', batchNorm } as const;
  let x = layers.convolution(image, `${scope}/Conv`, 'backbone', {
    filters: scaled(32),
    kernel: 3,
    stride: 2,
    ...relu6,
  });
  const units = stages.flatMap(([expansion, channels, repeats, stride]) =>
    Array.from({ length: repeats }, (_, index) => ({
      expansion,
      channels: scaled(channels),
      nominal: index === 0 ? stride : 1,
    })),
  );
  const geometry = atrousUnits(
    units.map(({ nominal }) => nominal),
    outputStride,
    2,
  );
  const lastStage = units.findLastIndex(({ nominal }) => nominal > 1);
  let penultimate = x;
  const lowLevel = new Map<number, Value>();
  units.forEach(({ expansion, channels }, index) => {
    const unit = index === 0 ? `${scope}/expanded_conv` : `${scope}/expanded_conv_${index}`;
    const { stride = 1, rate = 1 } = geometry[index] ?? {};
    const before = x;
    if (index === lastStage) penultimate = x;
    const inner = makeDivisible((x.shape[1] ?? 0) * expansion, 8);
    if (expansion > 1) {
      x = layers.convolution(x, `${unit}/expand`, 'backbone', { filters: inner, ...relu6 });
    }
    x = layers.depthwise(x, `${unit}/depthwise`, 'backbone', { stride, rate, ...relu6 });
    const tap = lowLevelTaps.get(index);
    if (tap !== undefined) lowLevel.set(tap, x);
    x = layers.convolution(x, `${unit}/project`, 'backbone', { filters: channels, batchNorm });
    if (stride === 1 && before.shape[1] === channels) {
      x = layers.builder.add('Add', [before, x], {}, { name: `${unit}/output` });
    }
  });
  return { features: x, penultimate, lowLevel };
}

/** Output stride of the depthwise output that each of these units gives the decoder. */
const lowLevelTaps: ReadonlyMap<number, number> = new Map([
  [2, 4],
  [5, 8],
  [12, 16],
]);
