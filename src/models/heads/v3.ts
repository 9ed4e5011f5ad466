import { aspp, asppOptions } from './aspp.js';
import { decodedStride, decoder, decoderOptions } from './decoder.js';
import { classLogits, type Head } from './head.js';

/** DeepLab v3: ASPP with image-level features (Chen et al. 2017, "Rethinking Atrous Convolution"). */
export const v3: Head = {
  heeds: asppOptions,
  defaults: {},
  logitsStride: ({ outputStride }) => outputStride,
  build: (layers, { features }, settings) =>
    classLogits(layers, aspp(layers, features.features, settings), settings),
};

/** DeepLab v3+: ASPP and a decoder (Chen et al. 2018, "Encoder-Decoder with Atrous Separable"). */
export const v3Plus: Head = {
  heeds: [...new Set([...asppOptions, ...decoderOptions])],
  defaults: {},
  logitsStride: decodedStride,
  build: (layers, inputs, settings) => {
    const encoded = aspp(layers, inputs.features.features, settings);
    return classLogits(layers, decoder(layers, encoded, inputs, settings), settings);
  },
};
