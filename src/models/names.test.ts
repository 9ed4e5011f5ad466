import { describe, expect, it } from 'vitest';
import { OptionError } from '../core/errors.js';
import { seededRandom } from '../core/random.js';
import { architectures } from './architectures.js';
import { backboneNames, backbones } from './backbones/index.js';
import { outputStrides } from './geometry.js';
import { headNames, heads } from './heads/index.js';
import { networkName, parseNetworkName } from './names.js';
import { checkSettings, type DeepLabSettings, deepLabDefaults, settingsOf } from './settings.js';

const random = seededRandom(1);
const one = <T>(list: readonly T[]): T => list[random.integer(0, list.length - 1)] as T;
const maybe = (): boolean => random.uniform() < 0.4;
const few = (least: number, most: number): readonly number[] =>
  Array.from({ length: random.integer(1, 4) }, () => random.integer(least, most));

/** Settings that their head heeds all of. */
function randomSettings(): DeepLabSettings {
  const [backbone, head] = [one(backboneNames), one(headNames)];
  const { heeds } = heads[head];
  const { gridUnits } = backbones[backbone];
  const usual = settingsOf(backbone, head);
  const heeded = (key: (typeof heeds)[number]) => heeds.includes(key) && maybe();
  const optionalRates = heads[head].defaults.atrousRates === undefined;
  return {
    ...usual,
    ...(maybe() ? { outputStride: one(outputStrides) } : {}),
    ...(maybe() ? { depthMultiplier: one([0.5, 0.35, 1 / 3, 1e-7, 1.4]) } : {}),
    ...(maybe() ? { classes: random.integer(1, 200) } : {}),
    ...(gridUnits > 0 && maybe()
      ? { multiGrid: Array.from({ length: gridUnits }, () => random.integer(1, 9)) }
      : {}),
    ...(heeded('atrousRates') ? { atrousRates: few(1, 99) } : {}),
    ...(heeded('atrousRates') && optionalRates ? { atrousRates: [] } : {}),
    ...(heeded('asppFilters') ? { asppFilters: random.integer(1, 999) } : {}),
    ...(heeded('decoderFilters') ? { decoderFilters: random.integer(1, 999) } : {}),
    ...(heeded('imageFeatures') ? { imageFeatures: false } : {}),
    ...(heeded('convolutions') ? { convolutions: 'plain' } : {}),
    ...(heeded('decoderStrides') ? { decoderStrides: one([[8], [8, 4], [16, 8, 4]]) } : {}),
    ...(maybe()
      ? { imagePyramid: { scales: one([[0.5, 1], [1.25]]), merge: one(['max', 'average']) } }
      : {}),
  };
}

describe('the name of a network', () => {
  it('stands for its settings, whatever they are', () => {
    for (let round = 0; round < 500; round++) {
      const settings = randomSettings();
      checkSettings(settings);
      const name = networkName(settings);
      expect(parseNetworkName(name), name).toEqual(settings);
      expect(networkName(parseNetworkName(name))).toBe(name);
    }
  });

  it.each(architectures.map(({ name }) => name))('%s is written as it is read', (name) => {
    expect(networkName(parseNetworkName(name))).toBe(name);
  });

  it('tells what is not usual only', () => {
    expect(networkName(deepLabDefaults)).toBe('deeplabv3-mobilenetv2');
    expect(parseNetworkName('deeplabv3-mobilenetv2')).toEqual(deepLabDefaults);
    const plus: DeepLabSettings = { ...settingsOf('xception-65', 'v3+'), outputStride: 8 };
    expect(networkName(plus)).toBe('deeplabv3plus-xception65-os8');
    expect(plus.atrousRates).toEqual([6, 12, 18]);
    expect(networkName({ ...plus, decoderStrides: [4], convolutions: 'separable' })).toBe(
      'deeplabv3plus-xception65-os8',
    );
  });

  it('may have its options in any order', () => {
    expect(networkName(parseNetworkName('deeplabv3-mobilenetv2-classes5-dm0.5-os8'))).toBe(
      'deeplabv3-mobilenetv2-os8-dm0.5-classes5',
    );
  });

  it.each([
    ['', 'head', 'deeplabv3plus'],
    ['deeplabv4-xception65', 'head', '"deeplabv4"'],
    ['deeplabv3', 'backbone', 'xception65'],
    ['deeplabv3-xception66', 'backbone', '"xception66"'],
    ['deeplabv3-xception65-', 'option', '""'],
    ['deeplabv3-xception65-os5', 'option', '"os5"'],
    ['deeplabv3-xception65-os8-os8', 'option', '"os8"'],
    ['deeplabv3-xception65-dm0', 'option', '"dm0"'],
    ['deeplabv3-xception65-dm1e999', 'option', '"dm1e999"'],
    ['deeplabv3-xception65-dec4', 'option', 'norates'],
    ['deeplabv3-xception65-rates', 'option', '"rates"'],
    ['deeplabv3-xception65-ratessix', 'option', '"ratessix"'],
    ['deeplabv3-xception65-scales99', 'option', '"scales99"'],
    ['deeplabv3-xception65-mg1,2', 'network.multiGrid', '3 factors'],
    ['deeplabv3-mobilenetv2-mg1,2,4', 'network.multiGrid', 'expected none'],
    ['deeplabv2-resnet50-norates', 'network.atrousRates', 'at least one'],
    [`deeplabv3-${'-'.repeat(50_000)}`, 'backbone', '""'],
  ])('is refused: %s', (name, ...told) => {
    let error: unknown;
    try {
      parseNetworkName(name);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(OptionError);
    for (const each of told) expect(String(error)).toContain(each);
  });
});
