import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeImage } from './decode.js';

const width = 64;
const height = 48;

/** A smooth picture whose four corners differ, so that turns and mirrors show. */
function gradient(): Uint8Array {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data.set([x * 4, y * 5, 128], (y * width + x) * 3);
  }
  return data;
}

function picture(): Sharp {
  return sharp(gradient(), { raw: { width, height, channels: 3 } });
}

/** A ramp of all greys, in one channel. */
const ramp = Uint8Array.from({ length: width * height }, (_, i) => (i % width) * 4);

function greyPicture(): Sharp {
  return sharp(ramp, { raw: { width, height, channels: 1 } });
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs((a[i] ?? 0) - (b[i] ?? 0)));
  return most;
}

describe('decoding pictures', () => {
  it.each<[string, number, () => Sharp]>([
    ['JPEG', 12, () => picture().jpeg({ quality: 95 })],
    ['progressive JPEG', 12, () => picture().jpeg({ quality: 95, progressive: true })],
    ['PNG', 0, () => picture().png()],
    ['16-bit PNG', 1, () => picture().toColourspace('rgb16').png()],
    ['palette PNG', 40, () => picture().png({ palette: true })],
    ['opaque PNG with alpha', 0, () => picture().ensureAlpha(1).png()],
    ['lossless WebP', 0, () => picture().webp({ lossless: true })],
    ['lossless AVIF', 1, () => picture().avif({ lossless: true })],
    ['GIF', 40, () => picture().gif()],
    ['TIFF', 0, () => picture().tiff({ compression: 'lzw' })],
    ['16-bit TIFF', 1, () => picture().toColourspace('rgb16').tiff({ compression: 'lzw' })],
  ])('%s within %i levels', async (_, tolerance, encode) => {
    const decoded = await decodeImage(await encode().toBuffer());
    expect([decoded.width, decoded.height]).toEqual([width, height]);
    expect(decoded.data).toHaveLength(width * height * 3);
    expect(largestDifference(decoded.data, gradient())).toBeLessThanOrEqual(tolerance);
  });

  it.each<[string, number, () => Sharp]>([
    ['JPEG', 3, () => greyPicture().toColourspace('b-w').jpeg({ quality: 95 })],
    ['PNG', 0, () => greyPicture().toColourspace('b-w').png()],
    ['16-bit PNG', 1, () => greyPicture().toColourspace('grey16').png()],
  ])('grey %s within %i levels, as three equal channels', async (_, tolerance, encode) => {
    const file = await encode().toBuffer();
    expect((await sharp(file).metadata()).channels).toBe(1);
    const { data } = await decodeImage(file);
    const expected = Uint8Array.from({ length: ramp.length * 3 }, (_, i) => ramp[(i / 3) | 0] ?? 0);
    expect(largestDifference(data, expected)).toBeLessThanOrEqual(tolerance);
    expect(data.every((sample, i) => sample === data[i - (i % 3)])).toBe(true);
  });

  it('CMYK JPEG to about the same colours', async () => {
    const file = await picture().toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer();
    expect((await sharp(file).metadata()).space).toBe('cmyk');
    const { data } = await decodeImage(file);
    // The printable colours of the default profile are fewer: compare where the picture is tame.
    const at = (24 * width + 32) * 3;
    expect(largestDifference(data.subarray(at, at + 3), [128, 120, 128])).toBeLessThan(25);
  });

  it('transparent pixels as white', async () => {
    const clear = await decodeImage(await picture().ensureAlpha(0).png().toBuffer());
    expect(clear.data.every((sample) => sample === 255)).toBe(true);
    const half = await decodeImage(
      await picture().ensureAlpha(0.5).webp({ lossless: true }).toBuffer(),
    );
    const expected = gradient().map((sample) => Math.round((sample + 255) / 2));
    expect(largestDifference(half.data, expected)).toBeLessThanOrEqual(2);
  });

  it('the first frame of an animated GIF', async () => {
    const frames = ['#ff0000', '#0000ff'].map((background) => ({
      create: { width: 8, height: 6, channels: 3 as const, background },
    }));
    const buffers = await Promise.all(frames.map((frame) => sharp(frame).png().toBuffer()));
    const file = await sharp(buffers, { join: { animated: true } })
      .gif()
      .toBuffer();
    expect((await sharp(file).metadata()).pages).toBe(2);
    const decoded = await decodeImage(file);
    expect([decoded.width, decoded.height]).toEqual([8, 6]);
    expect([...decoded.data.subarray(0, 3)]).toEqual([255, 0, 0]);
  });

  // Where the stored top left pixel (black-blue) has to appear, by EXIF orientation.
  it.each([
    [1, 'top left', 0, 0],
    [2, 'top right', 1, 0],
    [3, 'bottom right', 1, 1],
    [4, 'bottom left', 0, 1],
    [5, 'top left, sides exchanged', 0, 0],
    [6, 'top right, sides exchanged', 1, 0],
    [7, 'bottom right, sides exchanged', 1, 1],
    [8, 'bottom left, sides exchanged', 0, 1],
  ])('EXIF orientation %i puts the first pixel %s', async (orientation, _, right, bottom) => {
    const file = await picture().withMetadata({ orientation }).png().toBuffer();
    const decoded = await decodeImage(file);
    const turned = orientation > 4;
    expect([decoded.width, decoded.height]).toEqual(turned ? [height, width] : [width, height]);
    const x = right * (decoded.width - 1);
    const y = bottom * (decoded.height - 1);
    const at = (y * decoded.width + x) * 3;
    expect([...decoded.data.subarray(at, at + 3)]).toEqual([0, 0, 128]);
    // The stored right neighbour is one step along the turned x axis.
    const step = turned ? (bottom ? -1 : 1) * decoded.width : right ? -1 : 1;
    expect([...decoded.data.subarray(at + step * 3, at + step * 3 + 3)]).toEqual([4, 0, 128]);
  });
});
