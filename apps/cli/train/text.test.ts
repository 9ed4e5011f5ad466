import { expect, it } from 'vitest';
import { ShapesSource } from '../../../examples/shapes/shapes-source.js';
import { parseConfig } from '../../../src/train/index.js';
import type { OpenRun } from '../../../src/train/node/index.js';
import { openingLines } from './text.js';

it('says what a run trains beyond the plain network', () => {
  const lines = (changes: object, first?: OpenRun['first']) => {
    const least = { dataset: { path: 'shapes' }, output: 'run', crop: 33 };
    const config = parseConfig({ ...least, ...changes }, 'run.json');
    const training = new ShapesSource('train', 8, 33);
    const state = {
      parameters: [],
      resumed: false,
      trainer: { steps: 0 },
      folder: { path: 'run' },
      ...(first === undefined ? {} : { first }),
    };
    return openingLines({ config, training, ...state }, false);
  };
  expect(lines({})).toEqual([
    'shapes, split train: 8 images, 5 classes; batches of 8 at 33x33',
    'mobilenet-v2 x 1, output stride 16, v3 head: 0 parameters',
  ]);
  const first = (start: Partial<OpenRun['first']>) =>
    lines({}, { taken: 0, drawnLayers: [], measuredBatches: 0, ...start }).at(-1);
  expect(first({ drawnLayers: ['aspp0'] })).toBe('first weights: random, from seed 0');
  expect(first({ file: 'a.tflite', taken: 1 })).toBe('first weights: 1 tensor of a.tflite');
  const drawnLayers = Array.from({ length: 9 }, (_, index) => `layer${index}`);
  expect(first({ file: 'a.tflite', taken: 260, measuredBatches: 8, drawnLayers })).toBe(
    'first weights: 260 tensors of a.tflite, batch norm measured on 8 batches; drawn anew: ' +
      'layer0, layer1, layer2, layer3, layer4, layer5, layer6, layer7 and 1 more',
  );
  const pyramid = { scales: [1, 0.5], merge: 'average' };
  expect(lines({ network: { imagePyramid: pyramid }, auxiliary: {} }).slice(1)).toEqual([
    'mobilenet-v2 x 1, output stride 16, v3 head, scales 1, 0.5 (average): 0 parameters',
    'auxiliary loss of weight 0.4',
  ]);
});
