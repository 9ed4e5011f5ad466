import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/core/random.js';
import { nameOutputs } from './names.js';

describe('names of outputs', () => {
  it('are those of the files, without the extension', () => {
    expect(nameOutputs(['/p/cat.jpg', '/p/my.best.dog.png', 'stdin'])).toEqual([
      'cat',
      'my.best.dog',
      'stdin',
    ]);
  });

  it('get the folder in front where files have the same', () => {
    expect(nameOutputs(['/p/a/cat.jpg', '/p/b/cat.jpg', '/p/b/dog.jpg'])).toEqual([
      'a-cat',
      'b-cat',
      'dog',
    ]);
  });

  it('get as many folders as tell them apart', () => {
    expect(nameOutputs(['/x/a/i/cat.jpg', '/y/a/i/cat.jpg'])).toEqual(['x-a-i-cat', 'y-a-i-cat']);
  });

  it('keep the extension where only that differs', () => {
    expect(nameOutputs(['/p/cat.jpg', '/p/cat.png', '/q/cat.jpg'])).toEqual([
      'cat.jpg',
      'cat.png',
      'cat',
    ]);
  });

  it('differ by more than case', () => {
    expect(nameOutputs(['/p/a/Cat.jpg', '/p/b/cat.jpg'])).toEqual(['a-Cat', 'b-cat']);
  });

  it('are numbered where whole paths run together', () => {
    expect(nameOutputs(['/a-b/c.jpg', '/a/b-c.jpg', '/a/b/c.jpg'])).toEqual([
      'a-b-c',
      'a-b-c-2',
      'a-b-c-3',
    ]);
  });

  it('are all different, for any paths', () => {
    const random = seededRandom(3);
    const pick = (words: readonly string[]) => words[random.integer(0, words.length - 1)] ?? '';
    for (let round = 0; round < 200; round++) {
      const paths = Array.from({ length: random.integer(2, 30) }, () => {
        const folders = Array.from({ length: random.integer(0, 3) }, () =>
          pick(['a', 'A', 'b', 'a-b', 'cat']),
        );
        return `/${[...folders, pick(['cat', 'Cat', 'a-cat', 'cat.jpg', 'b-cat'])].join('/')}${pick(['.jpg', '.png', ''])}`;
      });
      const names = nameOutputs([...new Set(paths)]);
      expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length);
    }
  });

  it('of very many files take no time to speak of', () => {
    const paths = Array.from(
      { length: 50_000 },
      (_, index) => `/photos/${index % 500}/${index >> 9}.jpg`,
    );
    const start = performance.now();
    expect(new Set(nameOutputs(paths)).size).toBe(paths.length);
    expect(performance.now() - start).toBeLessThan(3000);
  });
});
