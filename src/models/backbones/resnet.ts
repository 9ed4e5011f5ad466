import type { Value } from '../../graph/graph.js';
import { atrousUnits, makeDivisible, type UnitGeometry } from '../geometry.js';
import type { BatchNormSettings, Layers } from '../layers.js';
import { maxPool, type PoolSettings } from '../pooling.js';
import {
  type Backbone,
  type BackboneSettings,
  type PixelNormalisation,
  signedPixels,
  usualRates,
} from './backbone.js';
import { bottleneck, liteBottleneck, type ResidualUnit } from './residual-units.js';

interface Variant {
  readonly scope: string;
  readonly unit: ResidualUnit;
  /** Of the four blocks. */
  readonly units: readonly [number, number, number, number];
  /**
   * `plain`: one 7x7 convolution, as published. `beta`: three 3x3 ones; theirs are other pixels too.
   */
  readonly root: 'plain' | 'beta';
  /** Factor on the channels of a beta root. */
  readonly rootMultiplier?: number;
}

/** What is done in more than one way under the same name. */
export interface Conventions {
  /** The unit of a block that strides: the last one of all blocks but the last, or the first one. */
  readonly strided: 'last' | 'first';
  readonly poolPadding: NonNullable<PoolSettings['padding']>;
  /**
   * Low-level features, of the last unit of each block before the stride: its output, or the residual
   * before shortcut and relu.
   */
  readonly lowLevel: 'residual' | 'output';
  readonly batchNorm: BatchNormSettings;
  /** Where the root is plain. */
  readonly pixels: PixelNormalisation;
}

const initial = { kind: 'variance-scaling' } as const;

/** Less the means of ImageNet's channels. */
const centredPixels: PixelNormalisation = { mean: [123.15, 115.9, 103.06], std: [1, 1, 1] };

/** TensorFlow's release. */
const released: Conventions = {
  strided: 'last',
  poolPadding: 'same',
  lowLevel: 'residual',
  batchNorm: { decay: 0.95, epsilon: 1e-5 },
  pixels: centredPixels,
};

/** A unit at its place in the network. */
interface PlacedUnit {
  readonly block: number;
  readonly unit: number;
  readonly grid: number;
}

/** ResNet v1 (He et al. 2016). */
export function resNet(variant: Variant, conventions: Conventions = released): Backbone {
  const gridUnits = variant.units[3];
  const { strided, poolPadding, lowLevel: taps, batchNorm, pixels } = conventions;
  return {
    pixels: variant.root === 'beta' ? signedPixels : pixels,
    asppRates: usualRates,
    gridUnits,
    build: (layers, image, settings) => {
      const { depthMultiplier, outputStride, multiGrid = [] } = settings;
      const { scope, unit: residualUnit } = variant;
      const placed = variant.units.flatMap((count, block) =>
        Array.from(
          { length: count },
          (_, unit): PlacedUnit => ({
            block: block + 1,
            unit: unit + 1,
            grid: block === 3 ? (multiGrid[unit] ?? 1) : 1,
          }),
        ),
      );
      const add = (input: Value, { block, unit, grid }: PlacedUnit, geometry?: UnitGeometry) => {
        const { stride = 1, rate = 1 } = geometry ?? {};
        return residualUnit(layers, input, {
          scope: `${scope}/block${block}/unit_${unit}`,
          // Blocks beyond the fourth are copies of it.
          filters: makeDivisible(64 * 2 ** (Math.min(block, 4) - 1) * depthMultiplier, 1),
          stride,
          rate: rate * grid,
          batchNorm,
          initial,
        });
      };
      const root = resNetRoot(layers, image, { ...variant, batchNorm }, settings);
      const pooling = { kernel: 3, stride: 2, padding: poolPadding };
      let x = maxPool(layers, root, `${scope}/pool1`, pooling);
      const lowLevel = new Map<number, Value>([[2, root]]);
      let penultimate = x;
      const strides = nominalStrides(placed, strided);
      const geometry = atrousUnits(strides, outputStride, 4);
      placed.forEach((each, index) => {
        if (each.block === 4 && each.unit === 1) penultimate = x;
        const made = add(x, each, geometry[index]);
        const tap = taps === 'output' ? made.x : made.residual;
        if (strides[index + 1] === 2) lowLevel.set(2 ** (each.block + 1), tap);
        x = made.x;
      });
      const deepen = (stages: number) => {
        const more = Array.from({ length: stages }, (_, stage) =>
          placed.filter(({ block }) => block === 4).map((each) => ({ ...each, block: 5 + stage })),
        ).flat();
        // Strides go on from block to block, so that rates double.
        const whole = atrousUnits(nominalStrides([...placed, ...more], strided), outputStride, 4);
        return more.reduce(
          (deep, each, index) => add(deep, each, whole[placed.length + index]).x,
          x,
        );
      };
      return { features: x, penultimate, lowLevel, deepen };
    },
  };
}

/** Nominal strides of units: 2 between one block and the next. */
function nominalStrides(
  units: readonly PlacedUnit[],
  strided: Conventions['strided'],
): readonly number[] {
  return units.map(({ block }, index) => {
    const neighbour = units[strided === 'last' ? index + 1 : index - 1];
    return neighbour !== undefined && neighbour.block !== block ? 2 : 1;
  });
}

/** What comes before the first pooling. */
function resNetRoot(
  layers: Layers,
  image: Value,
  { scope, root, rootMultiplier = 1, batchNorm }: Variant & Pick<Conventions, 'batchNorm'>,
  { depthMultiplier }: BackboneSettings,
): Value {
  const scaled = (channels: number) =>
    makeDivisible(channels * depthMultiplier * rootMultiplier, 1);
  const relu = { activation: 'relu', padding: 'fixed', batchNorm, initial } as const;
  if (root === 'plain') {
    const filters = scaled(64);
    const own = { filters, kernel: 7, stride: 2, ...relu };
    return layers.convolution(image, `${scope}/conv1`, 'backbone', own);
  }
  return [scaled(64), scaled(64), scaled(128)].reduce((x, filters, index) => {
    const own = { filters, kernel: 3, stride: index === 0 ? 2 : 1, ...relu };
    return layers.convolution(x, `${scope}/conv1_${index + 1}`, 'backbone', own);
  }, image);
}

export const fifty = { scope: 'resnet_v1_50', unit: bottleneck, units: [3, 4, 6, 3] } as const;
export const hundredOne = {
  scope: 'resnet_v1_101',
  unit: bottleneck,
  units: [3, 4, 23, 3],
} as const;

export const resNet18Beta = resNet({
  scope: 'resnet_v1_18',
  unit: liteBottleneck,
  units: [2, 2, 2, 2],
  root: 'beta',
  rootMultiplier: 0.25,
});

export const resNet50 = resNet({ ...fifty, root: 'plain' });

export const resNet50Beta = resNet({ ...fifty, root: 'beta' });

export const resNet101 = resNet({ ...hundredOne, root: 'plain' });

export const resNet101Beta = resNet({ ...hundredOne, root: 'beta' });
