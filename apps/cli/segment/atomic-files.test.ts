import { mkdirSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OutputError } from '../../../src/core/errors.js';
import { Workplace } from '../cli.fixture.js';
import { removePartials, writeTogether } from './atomic-files.js';

let place: Workplace;
beforeEach(() => {
  place = new Workplace();
});
afterEach(() => place.remove());

describe('files written together', () => {
  it('take the place of older ones', () => {
    place.write('a.txt', 'old');
    writeTogether(
      [
        { path: place.path('a.txt'), data: 'new' },
        { path: place.path('b.bin'), data: Uint8Array.of(1, 2) },
      ],
      7,
    );
    expect(readFileSync(place.path('a.txt'), 'utf8')).toBe('new');
    expect([...readFileSync(place.path('b.bin'))]).toEqual([1, 2]);
    expect(place.list('.')).toEqual(['a.txt', 'b.bin']);
  });

  it('leave everything as it was where one cannot be written', () => {
    place.write('a.txt', 'old');
    const write = () =>
      writeTogether(
        [
          { path: place.path('a.txt'), data: 'new' },
          { path: place.path('missing/b.txt'), data: 'new' },
        ],
        7,
      );
    expect(write).toThrow(OutputError);
    expect(write).toThrow(/missing\/b\.txt: not written: the folder does not exist/);
    expect(readFileSync(place.path('a.txt'), 'utf8')).toBe('old');
    expect(place.list('.')).toEqual(['a.txt']);
  });

  it('leave nothing partial where one cannot take its name', () => {
    mkdirSync(place.path('b.txt'));
    const files = [{ path: place.path('b.txt'), data: 'new' }];
    expect(() => writeTogether(files, 7)).toThrow(/a folder of this name is in the way/);
    expect(place.list('.')).toEqual(['b.txt']);
  });

  it('can be cleaned up after by another process, and by one that finds nothing', () => {
    place.write('.a.txt.7.partial', 'half');
    place.write('.a.txt.8.partial', 'of another run');
    removePartials([place.path('a.txt'), place.path('gone/b.txt')], 7);
    expect(place.list('.')).toEqual(['.a.txt.8.partial']);
  });
});
