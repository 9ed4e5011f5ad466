import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../../core/errors.js';
import { seededRandom } from '../../../core/random.js';
import { pngHeader } from '../png.fixture.js';
import { type PngRecipe, pngBytes } from './png-bytes.fixture.js';
import { readPng } from './read-png.js';

const channelsOf = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 } as const;

function recipe(
  colourType: PngRecipe['colourType'],
  bitDepth: PngRecipe['bitDepth'],
  [width, height]: readonly [number, number] = [13, 11],
): PngRecipe {
  const random = seededRandom(bitDepth * 10 + colourType);
  const count = width * height * channelsOf[colourType];
  const samples = Array.from({ length: count }, () => random.integer(0, 2 ** bitDepth - 1));
  const palette =
    colourType === 3
      ? Uint8Array.from({ length: 3 * 2 ** bitDepth }, () => random.integer(0, 255))
      : undefined;
  // Every filter after every other.
  const filterOf = (row: number): number => [0, 1, 2, 3, 4, 2, 4, 1, 3, 0][row % 10] ?? 0;
  const common = { width, height, colourType, bitDepth, samples, filterOf };
  return palette === undefined ? common : { ...common, palette };
}

describe('PNG samples as they are stored', () => {
  it.each([
    [0, 1],
    [0, 2],
    [0, 4],
    [0, 8],
    [0, 16],
    [2, 8],
    [2, 16],
    [3, 1],
    [3, 2],
    [3, 4],
    [3, 8],
    [4, 8],
    [4, 16],
    [6, 8],
    [6, 16],
  ] as const)('colour type %i with %i bits, all row filters', (colourType, bitDepth) => {
    const written = recipe(colourType, bitDepth);
    const read = readPng(pngBytes(written), 'test');
    expect([read.width, read.height, read.bitDepth]).toEqual([13, 11, bitDepth]);
    expect(Array.from(read.samples)).toEqual(written.samples);
    if (written.palette !== undefined) expect(read.palette).toEqual(Buffer.from(written.palette));
  });

  it.each([
    [1, 1],
    [3, 5],
    [8, 8],
    [37, 22],
  ] as const)(
    'an interlaced palette picture of %ix%i, as libvips shows it',
    async (width, height) => {
      const random = seededRandom(width);
      const colours = Array.from({ length: 12 }, () => [0, 1, 2].map(() => random.integer(0, 255)));
      const data = Uint8Array.from(
        Array.from({ length: width * height }, () => colours[random.integer(0, 11)] ?? []).flat(),
      );
      const picture = sharp(data, { raw: { width, height, channels: 3 } });
      for (const progressive of [false, true]) {
        const options = { palette: true, progressive, dither: 0, effort: 10 };
        const file = await picture.clone().png(options).toBuffer();
        const png = readPng(file, 'test');
        expect([png.kind, png.interlaced]).toEqual(['palette', progressive]);
        const shown = Array.from(png.samples).flatMap((index) => [
          ...(png.palette?.subarray(index * 3, index * 3 + 3) ?? []),
        ]);
        const decoded = await sharp(file).removeAlpha().raw().toBuffer();
        expect(shown).toEqual([...decoded]);
      }
    },
  );

  it('an interlaced RGB picture', async () => {
    const data = Uint8Array.from({ length: 19 * 9 * 3 }, (_, i) => (i * 37) % 256);
    const picture = sharp(data, { raw: { width: 19, height: 9, channels: 3 } });
    const file = await picture.png({ progressive: true, adaptiveFiltering: true }).toBuffer();
    expect(Array.from(readPng(file, 'test').samples)).toEqual(Array.from(data));
  });
});

describe('refused PNG files', () => {
  const sound = pngBytes(recipe(3, 8));

  it.each([
    ['empty', new Uint8Array(0), 'the file is empty'],
    ['a JPEG', Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 0, 0, 0), 'not a PNG file'],
    ['more pixels than allowed', pngHeader(30_000, 30_000), 'too many pixels'],
    ['without samples', pngHeader(10, 10), 'damaged or cut off PNG'],
  ])('%s', (_, bytes, problem) => {
    expect(() => readPng(bytes, 'label.png')).toThrow(FormatError);
    expect(() => readPng(bytes, 'label.png')).toThrow(problem);
  });

  it('cut off anywhere', () => {
    for (let length = 1; length < sound.length - 1; length += 7) {
      expect(() => readPng(sound.subarray(0, length), 'label.png')).toThrow(/^label\.png: /);
    }
  });

  it('with any byte of the header or of the samples changed, unless it reads as the same kind', () => {
    const random = seededRandom(5);
    for (let round = 0; round < 300; round++) {
      const bytes = Uint8Array.from(sound);
      const at = random.integer(8, bytes.length - 1);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random.integer(0, 7));
      try {
        const { width, height, channels, samples } = readPng(bytes, 'label.png');
        expect(samples).toHaveLength(width * height * channels);
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    }
  });

  it('that unpack to more than their header says', () => {
    const large = pngBytes({ ...recipe(0, 8), width: 13, height: 11 });
    const bytes = Uint8Array.from(large);
    new DataView(bytes.buffer).setUint32(20, 5);
    expect(() => readPng(bytes, 'label.png')).toThrow('damaged or cut off');
  });
});
