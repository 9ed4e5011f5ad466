import { statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { builtInModels, defaultModel } from '../../catalog/index.js';
import { modelPath } from '../../catalog/node/model-path.js';
import { Segmenter } from './segmenter.js';

const photos = 'examples/photos';
const mebibyte = 2 ** 20;

describe.each(builtInModels)('the built-in model $name', ({ name, labelSet }) => {
  it('is small, and says its classes itself', async () => {
    expect(statSync(modelPath(name)).size).toBeLessThan(5 * mebibyte);
    const segmenter = await Segmenter.load(name, { worker: false });
    try {
      expect(segmenter.labels).toEqual(labelSet.labels);
      expect(segmenter.classes.source).toBe('file metadata');
      expect(segmenter.classes.background).toBe(labelSet.background);
    } finally {
      await segmenter.dispose();
    }
  });
});

describe('the default model', () => {
  it('knows the cat and the astronaut', async () => {
    const segmenter = await Segmenter.load();
    try {
      expect(segmenter.file.name).toContain(defaultModel);
      const shares = async (photo: string) => {
        const { classes } = await segmenter.segment(`${photos}/${photo}.png`);
        return new Map(classes.map(({ label, share }) => [label, share]));
      };
      const cat = await shares('chelsea');
      expect(cat.get('cat')).toBeGreaterThan(0.6);
      const astronaut = await shares('astronaut');
      expect(astronaut.get('person')).toBeGreaterThan(0.3);
      // What is neither person nor background is a mistake.
      const others = 1 - (astronaut.get('person') ?? 0) - (astronaut.get('background') ?? 0);
      expect(others).toBeLessThan(0.02);
    } finally {
      await segmenter.dispose();
    }
  });
});
