import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../core/random.js';
import { vocPalette } from '../../image/index.js';
import { encodeMaskPng } from '../../image/node/index.js';
import { type PngRecipe, pngBytes } from '../../image/node/png/png-bytes.fixture.js';
import { type LabelCoding, paletteMeanings } from '../label-coding.js';
import { readLabel } from './read-label.js';

const coding: LabelCoding = { colours: paletteMeanings(vocPalette(21), 255) };
const size = { width: 9, height: 7 };
const random = seededRandom(1);
const labels = Uint8Array.from({ length: 63 }, () => random.integer(0, 15));

function colours(values: ArrayLike<number>, channels: 3 | 4 = 3): number[] {
  const palette = vocPalette(21);
  return Array.from(values).flatMap((value) => {
    const [red, green, blue] = palette[value] ?? [224, 224, 192];
    return channels === 3 ? [red, green, blue] : [red, green, blue, 255];
  });
}

function read(recipe: Omit<PngRecipe, 'width' | 'height'>, used: LabelCoding = coding): unknown {
  return Array.from(readLabel(pngBytes({ ...size, ...recipe }), used, 'labels/a.png').data);
}

describe('label files', () => {
  it.each([4, 8, 16] as const)('grey of %i bits: the value', (bitDepth) => {
    expect(read({ colourType: 0, bitDepth, samples: labels })).toEqual([...labels]);
  });

  it('palette: the index, even where entries repeat or the palette is another one', () => {
    const palette = new Uint8Array(16 * 3).fill(77);
    expect(read({ colourType: 3, bitDepth: 4, samples: labels, palette })).toEqual([...labels]);
    expect(read({ colourType: 3, bitDepth: 8, samples: labels, palette })).toEqual([...labels]);
  });

  it('what encodeMaskPng writes, 8 and 16 bits', async () => {
    const wide = Uint16Array.from(labels, (label) => label * 700);
    for (const data of [labels, wide]) {
      const file = await encodeMaskPng({ ...size, data }, vocPalette(21));
      expect(readLabel(file, coding, 'a').data).toEqual(data);
    }
  });

  it('16-bit grey whose values fit 8 bits become bytes', () => {
    const file = pngBytes({ ...size, colourType: 0, bitDepth: 16, samples: labels });
    expect(readLabel(file, coding, 'a').data).toEqual(labels);
  });

  it('RGB and opaque RGBA: the class of the colour; void is ignored', () => {
    const values = Array.from(labels);
    values[5] = 255;
    const samples = colours(values);
    expect(read({ colourType: 2, bitDepth: 8, samples })).toEqual(values);
    expect(read({ colourType: 6, bitDepth: 8, samples: colours(values, 4) })).toEqual(values);
  });

  it('a map of values is applied, values without an entry stay', () => {
    const mapped = { values: [255, 7, 8] };
    const samples = [0, 1, 2, 3, ...new Array<number>(59).fill(40)];
    expect(read({ colourType: 0, bitDepth: 8, samples }, mapped)).toEqual([
      255,
      7,
      8,
      3,
      ...new Array<number>(59).fill(40),
    ]);
  });

  it('colours that no class has are named with count, first position and file', () => {
    const samples = colours(labels);
    for (const pixel of [20, 40, 41]) samples.splice(pixel * 3, 3, 1, 2, 3);
    samples.splice(50 * 3, 3, 9, 9, 9);
    expect(() => read({ colourType: 2, bitDepth: 8, samples })).toThrow(
      /^labels\/a\.png: 4 pixels have colours that no class has .*rgb\(1, 2, 3\) 3 times, first at x 2, y 2; rgb\(9, 9, 9\) 1 times, first at x 5, y 5\)/,
    );
  });

  it('class indices saved as RGB greys get the hint to save them as grey', () => {
    const samples = Array.from(labels).flatMap((label) => [label + 1, label + 1, label + 1]);
    expect(() => read({ colourType: 2, bitDepth: 8, samples })).toThrow(/save .* as a grey PNG/);
  });

  it('a photograph instead of labels is refused in bounded time and on one line', () => {
    const samples = Uint8Array.from({ length: 300 * 200 * 3 }, () => random.integer(0, 255));
    const file = pngBytes({ width: 300, height: 200, colourType: 2, bitDepth: 8, samples });
    const refuse = (): unknown => readLabel(file, coding, 'photo.png');
    expect(refuse).toThrow(/^photo\.png: 6\d{4} pixels .* or more colours/s);
  });

  it('RGB without known colours, transparent and 16-bit RGB files', () => {
    const samples = colours(labels);
    expect(() => read({ colourType: 2, bitDepth: 8, samples }, {})).toThrow(
      /colours of the classes are not known.*"palette" in dataset\.json/,
    );
    const clear = colours(labels, 4);
    clear[4 * 10 + 3] = 0;
    expect(() => read({ colourType: 6, bitDepth: 8, samples: clear })).toThrow(
      /transparent pixels \(found the first at x 1, y 1\)/,
    );
    expect(() => read({ colourType: 2, bitDepth: 16, samples })).toThrow('16 bits');
  });

  it('two classes of one colour', () => {
    const twice = {
      colours: paletteMeanings(
        [
          [0, 0, 0],
          [5, 5, 5],
          [5, 5, 5],
        ],
        255,
      ),
    };
    expect(() => read({ colourType: 2, bitDepth: 8, samples: colours(labels) }, twice)).toThrow(
      'classes 1 and 2 share the colour rgb(5, 5, 5)',
    );
  });
});
