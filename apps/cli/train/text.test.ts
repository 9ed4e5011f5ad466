import { expect, it } from 'vitest';
import { ShapesSource } from '../../../examples/shapes/shapes-source.js';
import { parseConfig } from '../../../src/train/index.js';
import { openingLines } from './text.js';

it('says what a run trains beyond the plain network', () => {
  const lines = (changes: object) => {
    const least = { dataset: { path: 'shapes' }, output: 'run', crop: 33 };
    const config = parseConfig({ ...least, ...changes }, 'run.json');
    const training = new ShapesSource('train', 8, 33);
    const state = {
      parameters: [],
      resumed: false,
      trainer: { steps: 0 },
      folder: { path: 'run' },
    };
    return openingLines({ config, training, ...state }, false);
  };
  expect(lines({})).toEqual([
    'shapes, split train: 8 images, 5 classes; batches of 8 at 33x33',
    'mobilenet-v2 x 1, output stride 16, v3 head: 0 parameters',
  ]);
  const pyramid = { scales: [1, 0.5], merge: 'average' };
  expect(lines({ network: { imagePyramid: pyramid }, auxiliary: {} }).slice(1)).toEqual([
    'mobilenet-v2 x 1, output stride 16, v3 head, scales 1, 0.5 (average): 0 parameters',
    'auxiliary loss of weight 0.4',
  ]);
});
