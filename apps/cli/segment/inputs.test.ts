import { mkdirSync, symlinkSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { Workplace } from '../cli.fixture.js';
import { expandInputs } from './inputs.js';

const place = new Workplace();
afterAll(() => place.remove());

for (const name of [
  'photos/b.JPG',
  'photos/a.png',
  'photos/deep/c.webp',
  'photos/notes.txt',
  'photos/.hidden.png',
  'photos/a.overlay.png',
  'photos/a.mask.png',
  'odd[1].png',
]) {
  place.write(name, 'x');
}
mkdirSync(place.path('empty'));
symlinkSync(place.path('photos'), place.path('photos/deep/loop'));

const expand = async (...args: readonly string[]) => {
  const { inputs, failures } = await expandInputs(
    args.map((arg) => (arg === '-' ? arg : place.path(arg))),
  );
  const short = (text: string) => text.replaceAll(`${place.folder}/`, '');
  return {
    inputs: inputs.map(({ path }) => short(path)),
    failures: failures.map(({ message }) => short(message)),
  };
};

describe('inputs', () => {
  it('take the pictures of a folder and its subfolders, earlier outputs left out', async () => {
    const { inputs, failures } = await expand('photos');
    expect(inputs.filter((path) => !path.includes('loop'))).toEqual([
      'photos/a.png',
      'photos/b.JPG',
      'photos/deep/c.webp',
    ]);
    expect(failures).toEqual([]);
  });

  it('take what a pattern matches', async () => {
    expect((await expand('photos/*.{png,JPG}')).inputs).toEqual(['photos/a.png', 'photos/b.JPG']);
    expect((await expand('photos/**/[bc].*')).inputs).toContain('photos/deep/c.webp');
  });

  it('take a file by its name, whatever characters it has and whatever it is', async () => {
    expect((await expand('odd[1].png', 'photos/a.mask.png', 'photos/notes.txt')).inputs).toEqual([
      'odd[1].png',
      'photos/a.mask.png',
      'photos/notes.txt',
    ]);
  });

  it('take each file once', async () => {
    expect((await expand('photos/a.png', 'photos/deep/../a.png', '-', '-')).inputs).toEqual([
      'photos/a.png',
      'stdin',
    ]);
  });

  it('say which arguments stand for nothing', async () => {
    const { inputs, failures } = await expand('gone.png', 'empty', 'photos/*.gif', 'odd[1].png');
    expect(inputs).toEqual(['odd[1].png']);
    expect(failures).toEqual([
      'gone.png: no such file',
      'empty: no pictures in this folder',
      'photos/*.gif: no file matches this pattern',
    ]);
  });
});
