import { z } from 'zod';
import { backboneNames } from '../models/backbones/index.js';
import { deepLabDefaults } from '../models/deeplab.js';
import { outputStrides } from '../models/geometry.js';
import { convolutionKinds } from '../models/heads/head.js';
import { headNames } from '../models/heads/index.js';
import { pyramidMerges } from '../models/image-pyramid.js';

/** Far beyond every sensible network: numbers out of files must not make endless work. */
const largestMultiplier = 16;
const mostBranches = 16;
const mostScales = 8;
const largestScale = 4;
const mostClasses = 65_535;
const largestFactor = 64;
const mostFilters = 4096;

const positive = z.number().positive();
const filters = z.number().int().positive().max(mostFilters);

/** Settings of a network that are left out where they are the usual ones. */
export const optionalNetworkSettings = {
  /** Factors on the atrous rates of the last stage's units. */
  multiGrid: z
    .array(z.number().int().positive().max(largestFactor))
    .min(1)
    .max(mostBranches)
    .readonly()
    .exactOptional(),
  /** Whether ASPP has image-level features. */
  imageFeatures: z.boolean().exactOptional(),
  /** What the 3x3 convolutions of head and decoder are. */
  convolutions: z.enum(convolutionKinds).exactOptional(),
  /** Output strides of the decoder's stages, from the coarsest to the finest. */
  decoderStrides: z
    .array(z.number().int().min(2).max(16))
    .min(1)
    .max(mostBranches)
    .readonly()
    .exactOptional(),
};

/** A network as checkpoints hold it; what older ones do not tell is what it was then. */
export const networkSchema = z.strictObject({
  backbone: z.enum(backboneNames),
  depthMultiplier: positive.max(largestMultiplier),
  classes: z.number().int().positive().max(mostClasses),
  outputStride: z.literal(outputStrides),
  head: z.enum(headNames),
  atrousRates: z.array(positive.max(mostClasses)).max(mostBranches),
  asppFilters: filters.default(deepLabDefaults.asppFilters),
  decoderFilters: filters.default(deepLabDefaults.decoderFilters),
  imagePyramid: z
    .strictObject({
      scales: z.array(positive.max(largestScale)).min(1).max(mostScales).readonly(),
      merge: z.enum(pyramidMerges),
    })
    .default(deepLabDefaults.imagePyramid),
  ...optionalNetworkSettings,
});
