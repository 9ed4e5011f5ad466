import { z } from 'zod';
import { messageOf, OptionError } from '../../core/errors.js';
import { backboneNames } from '../../models/backbones/index.js';
import { deepLabDefaults } from '../../models/deeplab.js';
import { outputStrides } from '../../models/geometry.js';
import { headNames } from '../../models/heads/index.js';
import { pyramidMerges } from '../../models/image-pyramid.js';
import { parseNetworkName } from '../../models/names.js';
import { checkSettings, settingsOf } from '../../models/settings.js';
import { optionalNetworkSettings } from '../../weights/network-schema.js';
import { channels, count } from './value-ranges.js';

const imagePyramid = z.strictObject({
  scales: z
    .array(z.number().min(0.1).max(4))
    .min(1)
    .max(8)
    .refine((scales) => new Set(scales).size === scales.length, 'expected scales that differ')
    .default([...deepLabDefaults.imagePyramid.scales])
    .describe('1 is the image as it is; each has losses of its own, and all together.'),
  merge: z
    .enum(pyramidMerges)
    .default(deepLabDefaults.imagePyramid.merge)
    .describe("How the scales' logits become one."),
});

const { multiGrid, imageFeatures, convolutions, decoderStrides } = optionalNetworkSettings;

const settings = z
  .strictObject({
    backbone: z.enum(backboneNames).describe('What makes features of the image.'),
    depthMultiplier: z.number().positive().max(4).describe("Factor on the backbone's channels."),
    outputStride: z.literal(outputStrides).describe('Side of the image over that of its features.'),
    head: z.enum(headNames).describe('What makes class scores of the features.'),
    atrousRates: z
      .array(count)
      .describe("Of the head's 3x3 branches at stride 16 (v1, v2: 8), scaled to other strides."),
    asppFilters: channels.describe("Channels of the head's branches and of what joins them."),
    decoderFilters: channels.describe("Channels of the decoder's convolutions."),
    imagePyramid: imagePyramid.describe(
      'Scales that the network sees each image at, in training and ever after.',
    ),
    ...optionalNetworkSettings,
    multiGrid: multiGrid.describe("Factors on the atrous rates of the last stage's units."),
    imageFeatures: imageFeatures.describe('Whether ASPP has image-level features; yes unless set.'),
    convolutions: convolutions.describe('The 3x3 ones of head and decoder; separable unless set.'),
    decoderStrides: decoderStrides.describe(
      "Output strides of the decoder's stages, from coarse to fine; [4] unless set.",
    ),
  })
  .superRefine((network, context) => {
    tried(context, () => checkSettings({ ...network, classes: deepLabDefaults.classes }));
  });

/** A network as it is written down: its name, or those of its settings that are not the usual ones. */
export type NetworkInput = string | Partial<z.input<typeof settings>>;

/**
 * The network of a run; what is left out is what goes with backbone and head (`settingsOf`). Its
 * number of classes is the data set's.
 */
export const networkConfig = z.preprocess(
  (value: NetworkInput, context) => tried(context, () => complete(value)) ?? z.NEVER,
  settings,
);

/** What a run that tells nothing of its network trains. */
export const usualNetwork = settings.parse(complete({}));

function complete(value: NetworkInput): unknown {
  if (typeof value === 'string') {
    const { classes, ...network } = parseNetworkName(value);
    if (classes === deepLabDefaults.classes) return network;
    throw new OptionError({
      place: `network "${value}"`,
      problem: "the number of classes is the data set's",
      fix: `leave "-classes${classes}" out`,
    });
  }
  if (typeof value !== 'object' || value === null) return value;
  const { backbone = deepLabDefaults.backbone, head = deepLabDefaults.head } = value;
  // Names that are none are for the check of the whole to refuse.
  const isKnown = backboneNames.includes(backbone) && headNames.includes(head);
  const { classes, ...usual } = isKnown ? settingsOf(backbone, head) : deepLabDefaults;
  return { ...usual, ...value };
}

/** What a call gives, or its error taken down as what is wrong with a configuration. */
function tried(context: z.core.$RefinementCtx, call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    context.addIssue({ code: 'custom', message: messageOf(error) });
    return undefined;
  }
}
