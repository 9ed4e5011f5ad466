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

const count = z.number().int().min(1);

/** Scales that the network sees each image at, in training and ever after. */
const imagePyramid = z.strictObject({
  /** 1 is the image as it is; each has losses of its own, beside those of what they make together. */
  scales: z
    .array(z.number().min(0.1).max(4))
    .min(1)
    .max(8)
    .refine((scales) => new Set(scales).size === scales.length, 'expected scales that differ')
    .default([...deepLabDefaults.imagePyramid.scales]),
  /** How the scales' logits become one. */
  merge: z.enum(pyramidMerges).default(deepLabDefaults.imagePyramid.merge),
});

const settings = z
  .strictObject({
    backbone: z.enum(backboneNames),
    depthMultiplier: z.number().positive().max(4),
    outputStride: z.literal(outputStrides),
    head: z.enum(headNames),
    /**
     * Rates of the head's 3x3 branches at its own output stride, 8 for v1 and v2 and 16 for the
     * others; scaled to other strides.
     */
    atrousRates: z.array(count),
    /** Channels of the head's branches and of what joins them. */
    asppFilters: count.max(4096),
    /** Channels of the decoder's convolutions. */
    decoderFilters: count.max(4096),
    imagePyramid,
    ...optionalNetworkSettings,
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
