import type { Value } from '../../graph/graph.js';
import type { Layers } from '../layers.js';
import { ratesStride } from './aspp.js';
import { decodedStride, decoder, decoderOptions } from './decoder.js';
import { classLogits, type Head, type HeadSettings, headBatchNorm, ratesAt } from './head.js';
import { separableConvolution } from './spatial-convolution.js';

/** Branches: which one before gives the input (-1: the features), rates along height and width. */
const cell = [
  [-1, 1, 6],
  [0, 18, 15],
  [1, 6, 3],
  [0, 1, 1],
  [0, 6, 21],
] as const;

/**
 * The dense prediction cell that was found best on Cityscapes (Chen et al. 2018, "Searching for
 * Efficient Multi-Scale Architectures for Dense Image Prediction", figure 5), in ASPP's place.
 */
function densePredictionCell(
  layers: Layers,
  features: Value,
  { asppFilters: filters, outputStride }: HeadSettings,
): Value {
  const scope = 'meta_architecture';
  const branches: Value[] = [];
  cell.forEach(([source, ...rates], index) => {
    const [along = 1, across = 1] = ratesAt(rates, ratesStride, outputStride);
    const rate = [along, across] as const;
    const input = branches[source] ?? features;
    const name = `${scope}/branch${index}`;
    branches.push(separableConvolution(layers, input, name, 'head', { filters, rate }));
  });
  const joined = layers.concatenate(branches, `${scope}/concat`);
  const kept = layers.dropout(joined, `${scope}/concat_projection/dropout`);
  return layers.convolution(kept, `${scope}/concat_projection`, 'head', {
    filters,
    activation: 'relu',
    batchNorm: headBatchNorm,
    initial: { kind: 'xavier' },
  });
}

/** DeepLab v3 with the dense prediction cell. */
export const v3Dpc: Head = {
  heeds: ['asppFilters'],
  defaults: {},
  logitsStride: ({ outputStride }) => outputStride,
  build: (layers, { features }, settings) =>
    classLogits(layers, densePredictionCell(layers, features.features, settings), settings),
};

/** DeepLab v3+ with the dense prediction cell. */
export const v3PlusDpc: Head = {
  heeds: ['asppFilters', ...decoderOptions],
  defaults: {},
  logitsStride: decodedStride,
  build: (layers, inputs, settings) => {
    const encoded = densePredictionCell(layers, inputs.features.features, settings);
    return classLogits(layers, decoder(layers, encoded, inputs, settings), settings);
  },
};
