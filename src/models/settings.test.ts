import { describe, expect, it } from 'vitest';
import { describeNetwork } from '../weights/network-graph.js';
import { backboneNames } from './backbones/index.js';
import { deepLabDefaults } from './deeplab.js';
import { headNames } from './heads/index.js';
import { checkSettings, heededSettings, settingsOf } from './settings.js';

describe('settings of a network', () => {
  it('are those that its head and backbone were published with', () => {
    expect(deepLabDefaults).toEqual({
      backbone: 'mobilenet-v2',
      depthMultiplier: 1,
      classes: 21,
      outputStride: 16,
      head: 'v3',
      atrousRates: [],
      asppFilters: 256,
      decoderFilters: 256,
      imagePyramid: { scales: [1], merge: 'max' },
    });
    expect(settingsOf('xception-65', 'v3+').atrousRates).toEqual([6, 12, 18]);
    expect(settingsOf('vgg-16', 'v1')).toMatchObject({
      outputStride: 8,
      atrousRates: [12],
      asppFilters: 1024,
    });
    expect(settingsOf('resnet-101', 'v2').atrousRates).toEqual([6, 12, 18, 24]);
    expect(settingsOf('mobilenet-v3-large', 'lr-aspp')).toMatchObject({
      outputStride: 32,
      asppFilters: 128,
    });
  });

  it.each([
    [
      { multiGrid: [1, 2, 4] },
      /network\.multiGrid: .*mobilenet-v2 .*expected none, found \[1, 2, 4\]/,
    ],
    [{ decoderStrides: [4] }, /network\.decoderStrides: the head v3 does not heed it/],
    [{ head: 'v1', imageFeatures: false }, /network\.imageFeatures: the head v1/],
    [{ head: 'v2' }, /network\.atrousRates: .*at least one/],
  ] as const)('are refused with %j', (change, message) => {
    expect(() => checkSettings({ ...deepLabDefaults, ...change })).toThrow(message);
  });

  it('build a network of every backbone and head that go together', () => {
    for (const backbone of backboneNames) {
      for (const head of headNames) {
        const narrow = { ...settingsOf(backbone, head), depthMultiplier: 0.1 };
        if (head === 'v3-cascade' && !backbone.startsWith('resnet')) continue;
        const { parameters } = describeNetwork(narrow);
        const logits = parameters.filter(({ part }) => part === 'logits');
        expect(logits.length, `${head} on ${backbone}`).toBeGreaterThan(0);
        expect(logits.every(({ shape }) => shape[0] === narrow.classes)).toBe(true);
      }
    }
  });

  it('may be rid of what another head does not heed', () => {
    const plus = {
      ...settingsOf('resnet-50', 'v3+'),
      decoderStrides: [8, 4],
      imageFeatures: false,
    };
    expect(heededSettings(plus)).toEqual(plus);
    expect(heededSettings({ ...plus, head: 'v3' })).toEqual({
      ...settingsOf('resnet-50', 'v3'),
      imageFeatures: false,
    });
  });
});
