import { OptionError } from '../core/errors.js';
import type { BackboneSettings } from './backbones/backbone.js';
import { type BackboneName, backbones } from './backbones/index.js';
import type { HeadOption, HeadSettings } from './heads/head.js';
import { type HeadName, heads } from './heads/index.js';
import type { ImagePyramidSettings } from './image-pyramid.js';

/**
 * A DeepLab network, as plain data: a backbone, a head, and what they are built with. What its head
 * does not heed changes nothing.
 */
export interface DeepLabSettings extends BackboneSettings, HeadSettings {
  readonly backbone: BackboneName;
  /**
   * What makes class logits of the features.
   *
   * - `v1`: fc6 and fc7 with a large field of view; `v1-msc`: beside features of many scales.
   * - `v2`: ASPP, added up; `v2-fc`: with fc6 and fc7 in each branch.
   * - `v3`: ASPP with image-level features; `v3+`: and a decoder.
   * - `v3-dpc`, `v3+dpc`: with the dense prediction cell in ASPP's place.
   * - `v3-cascade`: more blocks of the backbone in ASPP's place.
   * - `lr-aspp`: that of MobileNetV3.
   */
  readonly head: HeadName;
  /**
   * Scales at which the network sees the image, with the same parameters at all of them; their
   * logits are merged (Chen et al. 2016, "Attention to Scale", section 3).
   */
  readonly imagePyramid: ImagePyramidSettings;
}

/** The settings of a head on a backbone where nothing else is told, for PASCAL VOC's 21 classes. */
export function settingsOf(backbone: BackboneName, head: HeadName): DeepLabSettings {
  const { heeds, defaults } = heads[head];
  const rates = heeds.includes('atrousRates') ? backbones[backbone].asppRates : [];
  return {
    backbone,
    depthMultiplier: 1,
    classes: 21,
    outputStride: 16,
    head,
    atrousRates: rates,
    asppFilters: 256,
    decoderFilters: 256,
    imagePyramid: { scales: [1], merge: 'max' },
    ...defaults,
  };
}

/** The released MobileNetV2 network. */
export const deepLabDefaults: DeepLabSettings = settingsOf('mobilenet-v2', 'v3');

/** Settings that only some heads heed and that are left out where they are the usual ones. */
const optional = [
  'imageFeatures',
  'convolutions',
  'decoderStrides',
] as const satisfies readonly HeadOption[];

/** The settings without those that the head does not heed and that could be left out. */
export function heededSettings(settings: DeepLabSettings): DeepLabSettings {
  const { heeds } = heads[settings.head];
  const dropped: readonly string[] = optional.filter((key) => !heeds.includes(key));
  const kept = Object.entries(settings).filter(([key]) => !dropped.includes(key));
  return { ...settingsOf(settings.backbone, settings.head), ...Object.fromEntries(kept) };
}

/** @throws OptionError for a setting that backbone or head could not heed. */
export function checkSettings(settings: DeepLabSettings): void {
  const { backbone, head, multiGrid } = settings;
  const { gridUnits } = backbones[backbone];
  if (multiGrid !== undefined && multiGrid.length !== gridUnits) {
    throw new OptionError({
      place: 'network.multiGrid',
      problem: `does not fit the backbone ${backbone}`,
      expected: gridUnits === 0 ? 'none' : `${gridUnits} factors`,
      found: `[${multiGrid.join(', ')}]`,
    });
  }
  const { heeds } = heads[head];
  const unheeded = optional.find((key) => settings[key] !== undefined && !heeds.includes(key));
  if (unheeded !== undefined) {
    throw new OptionError({
      place: `network.${unheeded}`,
      problem: `the head ${head} does not heed it`,
      fix: 'leave it out, or take another head',
    });
  }
  if (heeds.includes('atrousRates') && settings.atrousRates.length === 0 && !heedsNoRates(head)) {
    throw new OptionError({
      place: 'network.atrousRates',
      problem: `the head ${head} has a branch for each`,
      expected: 'at least one',
      found: 'none',
    });
  }
}

/** Whether a head is something without atrous branches too. */
function heedsNoRates(head: HeadName): boolean {
  return heads[head].defaults.atrousRates === undefined;
}
