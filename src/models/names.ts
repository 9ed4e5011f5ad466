import { OptionError } from '../core/errors.js';
import { type BackboneName, backboneNames } from './backbones/index.js';
import { outputStrides } from './geometry.js';
import { convolutionKinds, type HeadOption } from './heads/head.js';
import { type HeadName, headNames, heads } from './heads/index.js';
import { pyramidMerges } from './image-pyramid.js';
import { checkSettings, type DeepLabSettings, settingsOf } from './settings.js';

/*
 * Names of networks:
 *
 *   name     = head "-" backbone { "-" option }
 *   head     = "deeplab" and the head's name, "+" written as "plus", without hyphens
 *              (`deeplabv3plus`); `lraspp` alone stands without "deeplab"
 *   backbone = the backbone's name without hyphens (`xception65`)
 *   option   = a word of the table below, with its value behind it: numbers, with commas between
 *              where there are several
 *
 * What is not told is what `settingsOf` gives head and backbone.
 */

/** How one setting is written: from an option's value, and to it where it is not the usual one. */
interface OptionRule {
  readonly word: string;
  /** The setting, where only some heads heed it. */
  readonly heeded?: HeadOption;
  /** @returns what it changes; `undefined` for a value that cannot be. */
  readonly parse: (
    value: string,
    settings: DeepLabSettings,
  ) => Partial<DeepLabSettings> | undefined;
  /** @returns the value; `undefined` where the option is left out. */
  readonly print: (settings: DeepLabSettings, usual: DeepLabSettings) => string | undefined;
}

/** In the order in which they are written. */
const rules: readonly OptionRule[] = [
  {
    word: 'os',
    parse: (value) => {
      const outputStride = outputStrides.find((each) => `${each}` === value);
      return outputStride && { outputStride };
    },
    print: ({ outputStride: own }, usual) => (own === usual.outputStride ? undefined : `${own}`),
  },
  number('dm', 'depthMultiplier', (value) => value > 0 && value <= 16),
  {
    word: 'mg',
    parse: (value) => listed('multiGrid', value),
    print: ({ multiGrid }) => multiGrid?.join(','),
  },
  {
    word: 'rates',
    heeded: 'atrousRates',
    parse: (value) => {
      const atrousRates = numbers(value, 65_535);
      return atrousRates && { atrousRates };
    },
    print: ({ atrousRates: own }, usual) =>
      own.length === 0 || `${own}` === `${usual.atrousRates}` ? undefined : own.join(','),
  },
  {
    word: 'norates',
    heeded: 'atrousRates',
    parse: (value) => (value === '' ? { atrousRates: [] } : undefined),
    print: ({ atrousRates: own }, usual) =>
      own.length === 0 && usual.atrousRates.length > 0 ? '' : undefined,
  },
  { ...number('filters', 'asppFilters', isWidth), heeded: 'asppFilters' },
  {
    word: 'nopooling',
    heeded: 'imageFeatures',
    parse: (value) => (value === '' ? { imageFeatures: false } : undefined),
    print: ({ imageFeatures = true }) => (imageFeatures ? undefined : ''),
  },
  {
    word: 'plain',
    heeded: 'convolutions',
    parse: (value) => (value === '' ? { convolutions: convolutionKinds[1] } : undefined),
    print: ({ convolutions }) => (convolutions === 'plain' ? '' : undefined),
  },
  {
    word: 'dec',
    heeded: 'decoderStrides',
    parse: (value) => listed('decoderStrides', value),
    print: ({ decoderStrides }) =>
      decoderStrides === undefined || `${decoderStrides}` === '4'
        ? undefined
        : decoderStrides.join(','),
  },
  { ...number('decfilters', 'decoderFilters', isWidth), heeded: 'decoderFilters' },
  {
    word: 'scales',
    parse: (value, { imagePyramid }) => {
      const scales = numbers(value, 4);
      return scales && { imagePyramid: { ...imagePyramid, scales } };
    },
    print: ({ imagePyramid: { scales } }, usual) =>
      `${scales}` === `${usual.imagePyramid.scales}` ? undefined : scales.join(','),
  },
  {
    word: 'merge',
    parse: (value, { imagePyramid }) => {
      const merge = pyramidMerges.find((each) => each === value);
      return merge && { imagePyramid: { ...imagePyramid, merge } };
    },
    print: ({ imagePyramid: { merge } }, usual) =>
      merge === usual.imagePyramid.merge ? undefined : merge,
  },
  number('classes', 'classes', isCount),
];

function isCount(value: number): boolean {
  return Number.isInteger(value) && value > 0 && value <= 65_535;
}

function isWidth(value: number): boolean {
  return isCount(value) && value <= 4096;
}

function number(
  word: string,
  key: 'depthMultiplier' | 'asppFilters' | 'decoderFilters' | 'classes',
  isAllowed: (value: number) => boolean,
): OptionRule {
  return {
    word,
    parse: (value) => {
      const [found, ...others] = numbers(value, 65_535) ?? [];
      if (found === undefined || others.length > 0 || !isAllowed(found)) return undefined;
      return { [key]: found };
    },
    print: (settings, usual) => (settings[key] === usual[key] ? undefined : `${settings[key]}`),
  };
}

function listed(
  key: 'multiGrid' | 'decoderStrides',
  value: string,
): Partial<DeepLabSettings> | undefined {
  const found = numbers(value, 64);
  return found?.every(isCount) ? { [key]: found } : undefined;
}

/** Positive numbers with commas between; few, and none beyond what a network could be built of. */
function numbers(text: string, greatest: number): readonly number[] | undefined {
  const values = text.split(',').map((each) => (/^\d/.test(each) ? Number(each) : Number.NaN));
  const isSound = values.length <= 16 && values.every((value) => value > 0 && value <= greatest);
  return isSound ? values : undefined;
}

/** A head's word in names. */
export function headWord(head: HeadName): string {
  const word = head.replace('+', 'plus').replaceAll('-', '');
  return head.startsWith('v') ? `deeplab${word}` : word;
}

/** A backbone's word in names. */
export function backboneWord(backbone: BackboneName): string {
  return backbone.replaceAll('-', '');
}

/**
 * The name of a network, such as `deeplabv3plus-xception65-os8`: head, backbone, and what is not
 * usual of what the head heeds.
 */
export function networkName(settings: DeepLabSettings): string {
  const { backbone, head } = settings;
  const usual = settingsOf(backbone, head);
  const options = rules.flatMap(({ word, heeded, print }) => {
    const isHeeded = heeded === undefined || heads[head].heeds.includes(heeded);
    const value = isHeeded ? print(settings, usual) : undefined;
    return value === undefined ? [] : [`${word}${value}`];
  });
  return [headWord(head), backboneWord(backbone), ...options].join('-');
}

/**
 * The network of a name, the inverse of `networkName`.
 *
 * @throws OptionError naming the word that is wrong and those there are.
 */
export function parseNetworkName(name: string): DeepLabSettings {
  // A hyphen before a digit belongs to a number, as in 1e-7.
  const [first = '', second = '', ...options] = name.split(/-(?=\D|$)/);
  const head = headNames.find((each) => headWord(each) === first);
  if (head === undefined) throw refused(name, 'head', first, headNames.map(headWord));
  const backbone = backboneNames.find((each) => backboneWord(each) === second);
  if (backbone === undefined) {
    throw refused(name, 'backbone', second, backboneNames.map(backboneWord));
  }
  const allowed = rules.filter(
    ({ heeded }) => heeded === undefined || heads[head].heeds.includes(heeded),
  );
  const seen = new Set<OptionRule>();
  let settings = settingsOf(backbone, head);
  for (const option of options) {
    const [, word, value = ''] = /^(merge|[a-z]+)(.*)$/.exec(option) ?? [];
    const rule = allowed.find((each) => each.word === word);
    const change = rule?.parse(value, settings);
    if (rule === undefined || change === undefined || seen.has(rule)) {
      const words = allowed.map((each) => each.word);
      throw refused(name, 'option', option, words);
    }
    seen.add(rule);
    settings = { ...settings, ...change };
  }
  checkSettings(settings);
  return settings;
}

function refused(name: string, part: string, found: string, words: readonly string[]): OptionError {
  return new OptionError({
    place: `network "${name}"`,
    problem: `not a ${part} that is known, with a value that can be`,
    expected: words.join(', '),
    found: `"${found}"`,
    fix: 'write head-backbone-options, as in deeplabv3plus-xception65-os8',
  });
}
