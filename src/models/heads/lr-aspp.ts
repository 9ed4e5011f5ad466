import type { Value } from '../../graph/graph.js';
import { strideSize } from '../geometry.js';
import type { Layers } from '../layers.js';
import { averagePool } from '../pooling.js';
import { type Head, type HeadSettings, headBatchNorm, lowLevelAt, sizeAt, sizeOf } from './head.js';

/** Output stride of the low-level features, and of the logits. */
const lowLevelStride = 8;

/** The image's side whose features a window of the pooling spans, and the windows' distances. */
const pooling = { side: 769, strides: [4, 5] } as const;

const initial = { kind: 'xavier' } as const;

/** What LR-ASPPs differ by. */
export interface LrAsppVariant extends Pick<Head, 'resize'> {
  readonly outputStride: HeadSettings['outputStride'];
  /** What features are weighted by, [N, filters, h, w] or [N, filters, 1, 1]. */
  readonly gate: (layers: Layers, features: Value, settings: HeadSettings) => Value;
}

/**
 * Lite reduced ASPP (Howard et al. 2019, "Searching for MobileNetV3", section 6.4): features
 * weighted by those of a neighbourhood, and class logits of them and of low-level features added up.
 *
 * Both weighting and logits have no batch norm.
 */
export function liteReducedAspp({ outputStride, gate, ...rest }: LrAsppVariant): Head {
  return {
    ...rest,
    heeds: ['asppFilters'],
    defaults: { outputStride, asppFilters: 128 },
    logitsStride: () => lowLevelStride,
    build: (layers, { features, image }, settings) => {
      const { asppFilters: filters, classes } = settings;
      const pointwise = layers.convolution(features.features, 'aspp0', 'head', {
        filters,
        activation: 'relu',
        batchNorm: headBatchNorm,
        initial,
      });
      const weight = gate(layers, features.features, settings);
      const product = [pointwise, weight];
      const weighted = layers.builder.add('Mul', product, {}, { name: 'aspp/weighted' });
      const size = sizeAt(image, lowLevelStride);
      const tap = lowLevelAt(features, lowLevelStride, 'head of LR-ASPP');
      const [deep, low] = [
        ['decoder_conv0', weighted] as const,
        ['feature_projection0', tap] as const,
      ].map(([scope, x]) =>
        layers.biasedConvolution(
          layers.resize(x, size, `decoder/${scope}/resized`, rest.resize),
          `decoder/${scope}`,
          'logits',
          { filters: classes, initial },
        ),
      );
      return layers.builder.add('Add', [deep, low], {}, { name: 'logits/sum' });
    },
  };
}

/**
 * That of TensorFlow's release, where the neighbourhood is as wide as the features of the usual
 * crop. TensorFlow's gate has 0.16667 for 1 / 6.
 */
export const lrAspp: Head = liteReducedAspp({
  outputStride: 32,
  gate: (layers, features, { asppFilters: filters, outputStride }) => {
    const pooled = wideMean(layers, features, outputStride);
    const gate = layers.biasedConvolution(pooled, 'image_pooling', 'head', {
      filters,
      activation: 'hard-sigmoid',
      initial,
    });
    return layers.resize(gate, sizeOf(features), 'image_pooling/resized');
  },
});

/** Means of windows as large as the features of the usual crop, or as all there are. */
function wideMean(layers: Layers, features: Value, outputStride: number): Value {
  const reach = strideSize(pooling.side, outputStride);
  const [height, width] = sizeOf(features);
  const kernel = [Math.min(reach, height), Math.min(reach, width)] as const;
  return averagePool(layers, features, 'image_pooling/mean', { kernel, strides: pooling.strides });
}
