import type { Value } from '../../graph/graph.js';
import { atrousUnits, makeDivisible, type UnitGeometry } from '../geometry.js';
import type { BatchNormSettings, Layers } from '../layers.js';
import { type Backbone, signedPixels, usualRates } from './backbone.js';

/** A module of three separable convolutions, repeated; the third one has the stride. */
interface Block {
  readonly name: string;
  readonly channels: readonly [number, number, number];
  readonly shortcut: 'convolution' | 'sum' | 'none';
  readonly units?: number;
  readonly stride?: number;
  /** Relu between the convolutions' halves and behind them, not before; and rates of multi-grid. */
  readonly isLast?: true;
}

interface Variant {
  readonly scope: string;
  /** Blocks between the root and the middle flow. */
  readonly entry: readonly Block[];
  /** Modules of the middle flow. */
  readonly middle: number;
}

const batchNorm: BatchNormSettings = { decay: 0.9997, epsilon: 1e-3 };
const gridUnits = 3;

const entryBlock = (number: number, channels: number, stride: number): Block => ({
  name: `entry_flow/block${number}`,
  channels: [channels, channels, channels],
  shortcut: 'convolution',
  stride,
});

const blocksOf = ({ entry, middle }: Variant): readonly Block[] => [
  ...entry,
  { name: 'middle_flow/block1', channels: [728, 728, 728], shortcut: 'sum', units: middle },
  {
    name: 'exit_flow/block1',
    channels: [728, 1024, 1024],
    shortcut: 'convolution',
    stride: 2,
  },
  {
    name: 'exit_flow/block2',
    channels: [1536, 1536, 2048],
    shortcut: 'none',
    isLast: true,
  },
];

/**
 * Modified aligned Xception (Chen et al. 2018, "Encoder-Decoder with Atrous Separable Convolution",
 * section 3.2): striding separable convolutions in place of pooling, batch norm after each depthwise
 * convolution.
 *
 * Low-level features are the second of the three convolutions in the block that strides next, before
 * the next one's relu.
 */
function xception(variant: Variant): Backbone {
  return {
    pixels: signedPixels,
    asppRates: usualRates,
    gridUnits,
    build: (layers, image, { depthMultiplier, outputStride, multiGrid = [] }) => {
      const { scope } = variant;
      const scaled = (channels: number) => makeDivisible(channels * depthMultiplier, 1);
      const root = { kernel: 3, activation: 'relu', padding: 'fixed', batchNorm } as const;
      const first = layers.convolution(image, `${scope}/entry_flow/conv1_1`, 'backbone', {
        filters: scaled(32),
        stride: 2,
        ...root,
      });
      let x = layers.convolution(first, `${scope}/entry_flow/conv1_2`, 'backbone', {
        filters: scaled(64),
        ...root,
      });
      const units = blocksOf(variant).flatMap((block) =>
        Array.from({ length: block.units ?? 1 }, (_, index) => ({
          ...block,
          scope: `${scope}/${block.name}/unit_${index + 1}/xception_module`,
          channels: block.channels.map(scaled),
          stride: block.stride ?? 1,
          grid: block.isLast ? multiGrid : [],
        })),
      );
      const nominal = units.map(({ stride }) => stride);
      const geometry = atrousUnits(nominal, outputStride, 2);
      const lastStage = nominal.findLastIndex((stride) => stride > 1);
      const lowLevel = new Map<number, Value>([[2, x]]);
      let penultimate = x;
      let stride = 2;
      units.forEach((unit, index) => {
        if (index === lastStage) penultimate = x;
        const made = xceptionModule(layers, x, { ...unit, ...geometry[index] });
        if (unit.stride > 1 && stride > 2) lowLevel.set(stride, made.second);
        stride *= unit.stride;
        x = made.x;
      });
      return { features: x, penultimate, lowLevel };
    },
  };
}

interface Module extends Partial<UnitGeometry> {
  readonly scope: string;
  readonly channels: readonly number[];
  readonly shortcut: Block['shortcut'];
  readonly grid: readonly number[];
  readonly isLast?: true;
}

/** @returns the module's output, and that of its second convolution. */
function xceptionModule(
  layers: Layers,
  input: Value,
  { scope, channels, shortcut, stride = 1, rate = 1, grid, isLast }: Module,
): { readonly x: Value; readonly second: Value } {
  const activation = isLast ? 'relu' : 'none';
  const outputs: Value[] = [];
  let x = input;
  channels.forEach((filters, index) => {
    const name = `${scope}/separable_conv${index + 1}`;
    if (!isLast) x = layers.activate(x, { activation: 'relu' });
    x = layers.depthwise(x, `${name}_depthwise`, 'backbone', {
      kernel: 3,
      stride: index === channels.length - 1 ? stride : 1,
      rate: rate * (grid[index] ?? 1),
      padding: 'fixed',
      activation,
      batchNorm,
    });
    x = layers.convolution(x, `${name}_pointwise`, 'backbone', { filters, activation, batchNorm });
    outputs.push(x);
  });
  const [, second = x] = outputs;
  if (shortcut === 'none') return { x, second };
  const around =
    shortcut === 'sum'
      ? input
      : layers.convolution(input, `${scope}/shortcut`, 'backbone', {
          filters: x.shape[1] ?? 0,
          stride,
          batchNorm,
        });
  return { x: layers.builder.add('Add', [x, around], {}, { name: `${scope}/output` }), second };
}

const usualEntry = [entryBlock(1, 128, 2), entryBlock(2, 256, 2), entryBlock(3, 728, 2)];

export const xception41 = xception({ scope: 'xception_41', entry: usualEntry, middle: 8 });

export const xception65 = xception({ scope: 'xception_65', entry: usualEntry, middle: 16 });

export const xception71 = xception({
  scope: 'xception_71',
  entry: [
    entryBlock(1, 128, 2),
    entryBlock(2, 256, 1),
    entryBlock(3, 256, 2),
    entryBlock(4, 728, 1),
    entryBlock(5, 728, 2),
  ],
  middle: 16,
});
