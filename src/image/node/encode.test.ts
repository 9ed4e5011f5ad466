import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../core/random.js';
import { labelMap, rgbImage } from '../image.js';
import { colouriseLabels } from '../overlay.js';
import { distinctPalette, vocPalette, voidColour } from '../palette.js';
import { decodeImage } from './decode.js';
import { encodeMaskPng, encodeOverlayPng } from './encode.js';
import { readRawPng } from './png.fixture.js';

const random = seededRandom(1);

describe('overlay PNG', () => {
  it.each([
    [37, 23],
    [1, 1],
    [5000, 1],
  ])('of %ix%i holds exactly the picture', async (width, height) => {
    const data = Uint8Array.from({ length: width * height * 3 }, () => random.integer(0, 255));
    const decoded = await decodeImage(await encodeOverlayPng(rgbImage(width, height, data)));
    expect([decoded.width, decoded.height]).toEqual([width, height]);
    expect(decoded.data).toEqual(data);
  });
});

describe('mask PNG', () => {
  it('stores the class index itself, with the palette in its order', async () => {
    const palette = vocPalette();
    const data = Uint8Array.from({ length: 31 * 17 }, () => random.integer(0, 20));
    const png = readRawPng(await encodeMaskPng(labelMap(31, 17, data), palette));
    expect(png).toMatchObject({ width: 31, height: 17, bitDepth: 8, colourType: 3 });
    expect(png.samples).toEqual(data);
    expect([...(png.palette ?? [])]).toEqual(palette.flat());
  });

  it('shows the palette colours in any viewer', async () => {
    const palette = distinctPalette(151);
    const data = Uint8Array.from({ length: 40 * 30 }, () => random.integer(0, 150));
    const labels = labelMap(40, 30, data);
    const file = await encodeMaskPng(labels, palette);
    expect((await decodeImage(file)).data).toEqual(colouriseLabels(labels, palette).data);
  });

  it('keeps labels beyond the palette, such as 255, in the void colour', async () => {
    const labels = labelMap(3, 1, Uint8Array.of(0, 1, 255));
    const file = await encodeMaskPng(labels, vocPalette());
    const png = readRawPng(file);
    expect(png.samples).toEqual(labels.data);
    expect(png.palette).toHaveLength(256 * 3);
    expect([...(png.palette ?? []).slice(255 * 3)]).toEqual([...voidColour]);
  });

  it('takes a palette of more than 256 colours, of which bytes reach the first', async () => {
    const png = readRawPng(await encodeMaskPng(labelMap(2, 2), distinctPalette(300)));
    expect(png.palette).toHaveLength(256 * 3);
  });

  it('stores 16-bit label maps as 16-bit grey', async () => {
    const data = Uint16Array.of(0, 1, 255, 256, 300, 65535);
    const file = await encodeMaskPng(labelMap(3, 2, data), vocPalette());
    expect(readRawPng(file)).toMatchObject({ bitDepth: 16, colourType: 0, palette: undefined });
    const read = await sharp(file).toColourspace('grey16').raw({ depth: 'ushort' }).toBuffer();
    expect(new Uint16Array(read.buffer, read.byteOffset, read.length / 2)).toEqual(data);
  });

  it('stays small for a large map of few regions', async () => {
    const data = new Uint8Array(2000 * 1000);
    for (let y = 200; y < 800; y++) data.fill(15, y * 2000 + 500, y * 2000 + 1500);
    const file = await encodeMaskPng(labelMap(2000, 1000, data), vocPalette());
    expect(file.length).toBeLessThan(20_000);
  });
});
