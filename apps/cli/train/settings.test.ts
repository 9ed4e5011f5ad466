import { expect, it } from 'vitest';
import { settingLines } from './settings.js';

const lines = settingLines();

/** The lines below a setting, given by its path, as far as they are indented deeper. */
function below(...path: readonly string[]): readonly string[] {
  return path.reduce<readonly string[]>((part, key) => {
    const start = part.findIndex((line) => new RegExp(`^${key}(:|$)`).test(line)) + 1;
    expect(start, key).toBeGreaterThan(0);
    const length = part.slice(start).findIndex((line) => !line.startsWith('  '));
    const inner = part.slice(start, length < 0 ? undefined : start + length);
    return inner.map((line) => line.slice(2));
  }, lines);
}

it('tells values, default and meaning of settings', () => {
  expect(lines).toEqual(
    expect.arrayContaining(['batchSize: whole number from 1 up to 65536; default 8']),
  );
  expect(below('dataset')).toEqual(
    expect.arrayContaining(['path: text; required', '  Folder of the data set.']),
  );
  expect(below('dataset')).toContain(
    'format: folder | voc | cityscapes | ade20k | camvid | tfrecord; optional',
  );
  expect(lines).toContain('averageDecay: number above 0 below 1; optional');
});

it('tells the settings of each kind', () => {
  const kinds = below('learningRate', 'schedule').filter((line) => line.startsWith('kind'));
  expect(kinds).toEqual(
    ['poly', 'step', 'multi-step', 'cosine', 'constant'].map((kind) => `kind = ${kind}`),
  );
  expect(below('learningRate', 'schedule', 'kind = step')).toContain(
    'every: whole number from 1; default 2000',
  );
  expect(below('losses', 'kind = focal')).toContain(
    'classWeights: [number from 0, …], 1 or more; optional',
  );
});

it('tells ranges of augmentation, and what the usual network is', () => {
  expect(below('augmentation')).toContain('hue: number from 0 up to 0.5; default 0');
  expect(below('augmentation', 'resize')).toContain('keepAspect: true | false; default true');
  expect(below('network')).toContain('asppFilters: whole number from 1 up to 4096; default 256');
  expect(below('network').some((line) => /^head: v1 .*; default v3$/.test(line))).toBe(true);
});

it('says of every setting outside of a size or the rate factors what it does', () => {
  const settings = lines.flatMap((line, at) => {
    const [, indent = '', key] = /^( *)(\w+)(:|$)/.exec(line) ?? [];
    const isTold = lines[at + 1]?.startsWith(`${indent}  `) ?? false;
    return key === undefined || isTold ? [] : [key];
  });
  const untold = ['backbone', 'decoder', 'head', 'height', 'logits', 'width'];
  expect([...new Set(settings)].sort()).toEqual(untold);
});
