import type { Value } from '../../graph/graph.js';
import { atrousUnits, makeDivisible, type UnitGeometry } from '../geometry.js';
import type { ActivationName, BatchNormSettings, ConvolutionSettings, Layers } from '../layers.js';
import type { Features } from './features.js';

/** One inverted residual: expansion, depthwise convolution, linear projection. */
export interface InvertedResidual {
  /** Factor from the channels that come in to those in between; 1 does without an expansion. */
  readonly expansion: number;
  /** Channels that go out. */
  readonly filters: number;
  /** Nominal stride. */
  readonly stride: number;
  readonly kernel?: number;
  readonly activation: ActivationName;
  /** Whether channels are weighted by what the whole image has of them. */
  readonly squeezeExcite?: boolean;
  /** Whether one dense convolution does both expansion and depthwise convolution. */
  readonly fused?: boolean;
  /** Whether the input is added where it fits; yes unless told. */
  readonly residual?: boolean;
}

/** A chain of inverted residuals. */
export interface ResidualChain {
  /** Units are `expanded_conv`, `expanded_conv_1` and so on below it. */
  readonly scope: string;
  readonly units: readonly InvertedResidual[];
  readonly outputStride: number;
  readonly batchNorm: BatchNormSettings;
  /** As of convolutions; `same` unless told. */
  readonly padding?: ConvolutionSettings['padding'];
  /**
   * Rate of a unit that loses its stride: `before`, that of the unit before it, unless told; `after`,
   * that of those behind it already.
   */
  readonly lostStride?: 'before' | 'after';
  /**
   * Low-level features: `inner`, what the last unit of each stage has between expansion and
   * projection, unless told; `first`, what the first one gives.
   */
  readonly lowLevel?: 'inner' | 'first';
}

/** Stride of the features that the first unit takes. */
const rootStride = 2;

/**
 * Inverted residuals (Sandler et al. 2018), with squeeze and excitation where a unit has it (Howard
 * et al. 2019).
 */
export function invertedResiduals(layers: Layers, root: Value, chain: ResidualChain): Features {
  const { scope, units, padding = 'same', lowLevel: taps = 'inner' } = chain;
  const nominal = units.map(({ stride }) => stride);
  const geometry = geometryOf(nominal, chain);
  const lastStage = nominal.findLastIndex((stride) => stride > 1);
  const lowLevel = new Map<number, Value>();
  let stride = rootStride;
  let [x, inner, penultimate] = [root, root, root];
  units.forEach((unit, index) => {
    if (index === lastStage) penultimate = x;
    if (unit.stride > 1 && taps === 'inner') lowLevel.set(stride, inner);
    stride *= unit.stride;
    const name = index === 0 ? `${scope}/expanded_conv` : `${scope}/expanded_conv_${index}`;
    const own = { ...unit, ...geometry[index], name, padding, batchNorm: chain.batchNorm };
    ({ x, inner } = invertedResidual(layers, x, own));
    if (unit.stride > 1 && taps === 'first' && index !== lastStage) lowLevel.set(stride, x);
  });
  return { features: x, penultimate, lowLevel };
}

function geometryOf(
  nominal: readonly number[],
  { outputStride, lostStride = 'before' }: ResidualChain,
): readonly UnitGeometry[] {
  const geometry = atrousUnits(nominal, outputStride, rootStride);
  if (lostStride === 'before') return geometry;
  return geometry.map(({ stride, rate }, index) => ({
    stride,
    rate: (rate * (nominal[index] ?? 1)) / stride,
  }));
}

interface PlacedUnit extends InvertedResidual {
  readonly name: string;
  readonly rate?: number;
  readonly padding: 'same' | 'fixed';
  readonly batchNorm: BatchNormSettings;
}

/** @returns the unit's output, and what it has between expansion and projection. */
function invertedResidual(
  layers: Layers,
  input: Value,
  unit: PlacedUnit,
): { readonly x: Value; readonly inner: Value } {
  const { name, expansion, filters, kernel = 3, stride, rate = 1, padding } = unit;
  const { activation, batchNorm } = unit;
  const channels = input.shape[1] ?? 0;
  const wide = { filters: makeDivisible(channels * expansion, 8), activation, batchNorm };
  const spatial = { kernel, stride, rate, padding };
  let inner = input;
  if (expansion > 1) {
    const settings = unit.fused === true ? { ...wide, ...spatial } : wide;
    inner = layers.convolution(input, `${name}/expand`, 'backbone', settings);
  }
  if (unit.fused !== true) {
    const settings = { ...spatial, activation, batchNorm };
    inner = layers.depthwise(inner, `${name}/depthwise`, 'backbone', settings);
  }
  const weighted =
    unit.squeezeExcite === true ? squeezeExcite(layers, inner, `${name}/squeeze_excite`) : inner;
  const x = layers.convolution(weighted, `${name}/project`, 'backbone', { filters, batchNorm });
  const fits = unit.residual !== false && stride === 1 && channels === filters;
  if (!fits) return { x, inner };
  return { x: layers.builder.add('Add', [input, x], {}, { name: `${name}/output` }), inner };
}

/** Squeeze and excitation (Hu et al. 2018) with a hard gate, a quarter of the channels in between. */
function squeezeExcite(layers: Layers, x: Value, scope: string): Value {
  const filters = x.shape[1] ?? 0;
  const mean = layers.imageMean(x);
  const squeezed = layers.biasedConvolution(mean, `${scope}/Conv`, 'backbone', {
    filters: makeDivisible(filters / 4, 8),
    activation: 'relu',
  });
  const gate = layers.biasedConvolution(squeezed, `${scope}/Conv_1`, 'backbone', {
    filters,
    activation: 'hard-sigmoid',
  });
  return layers.builder.add('Mul', [x, gate], {}, { name: `${scope}/weighted` });
}
