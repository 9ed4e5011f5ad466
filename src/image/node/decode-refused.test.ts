import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FormatError, OptionError } from '../../core/errors.js';
import { decodeImage } from './decode.js';
import { pngHeader } from './png.fixture.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atrous-decode-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

/** The error of a picture that must be refused: one line that begins with its name. */
async function refusal(path: string, maxPixels?: number): Promise<string> {
  const outcome = await decodeImage(path, maxPixels === undefined ? {} : { maxPixels }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(outcome).toBeInstanceOf(FormatError);
  const message = outcome instanceof FormatError ? outcome.message : '';
  expect(message.startsWith(`${path}: `)).toBe(true);
  expect(message).not.toContain('\n');
  expect(message.length).toBeLessThan(path.length + 300);
  return message;
}

const photo = () =>
  sharp({
    create: {
      width: 300,
      height: 200,
      channels: 3,
      background: '#888',
      noise: { type: 'gaussian', mean: 128, sigma: 40 },
    },
  });

describe('refused picture files', () => {
  it('empty', async () => {
    expect(await refusal(await file('empty.jpg', ''))).toContain('the file is empty');
    await expect(decodeImage(new Uint8Array(0))).rejects.toThrow('picture: the file is empty');
  });

  it.each([
    ['text.jpg', 'Not a picture at all.\n', 'found text'],
    ['page.png', '<!DOCTYPE html><html></html>', 'found text'],
    ['drawing.svg', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', 'SVG'],
    ['drawing.png', '<?xml version="1.0"?>\n<svg width="9" height="9"/>', 'SVG'],
    ['paper.pdf', '%PDF-1.7\n', 'PDF'],
    ['old.bmp', 'BM\x10\x00\x00\x00', 'BMP'],
  ])('%s, told by its content', async (name, content, found) => {
    const message = await refusal(await file(name, content));
    expect(message).toContain(found);
    expect(message).toContain('expected JPEG, PNG, WebP, AVIF, GIF or TIFF');
  });

  it('random bytes, and a known signature with nothing behind it', async () => {
    const random = Uint8Array.from({ length: 5000 }, (_, i) => (i * 197 + 131) % 256);
    expect(await refusal(await file('random.jpg', random))).toContain('unknown content');
    const jpeg = await file('start.jpg', Uint8Array.of(0xff, 0xd8, 0xff, 0xe0));
    expect(await refusal(jpeg)).toContain('damaged or cut off JPEG');
    const gif = await file('start.gif', 'GIF89a');
    expect(await refusal(gif)).toContain('damaged or cut off GIF');
  });

  it.each(['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif'] as const)(
    'a %s that is cut off anywhere',
    async (format) => {
      const whole = await photo().toFormat(format).toBuffer();
      for (const share of [0.1, 0.5, 0.95]) {
        const cut = whole.subarray(0, Math.floor(whole.length * share));
        const message = await refusal(await file(`cut-${share}.${format}`, cut));
        expect(message).toContain(`damaged or cut off ${format.toUpperCase()} file`);
      }
    },
  );

  it('a header of 30000x30000 pixels, before any memory is taken', async () => {
    const message = await refusal(await file('huge.png', pngHeader(30000, 30000)));
    expect(message).toContain('too many pixels');
    expect(message).toContain('found 30000x30000');
  });

  it('more pixels than the caller allows, and not one fewer', async () => {
    const path = await file('limit.png', await photo().png().toBuffer());
    expect(await refusal(path, 59_999)).toContain('found 300x200');
    expect((await decodeImage(path, { maxPixels: 60_000 })).width).toBe(300);
    expect((await decodeImage(path, { maxPixels: Number.POSITIVE_INFINITY })).width).toBe(300);
  });

  it.each([0, -5, Number.NaN])('no limit of %f pixels', async (maxPixels) => {
    const path = await file('photo.png', await photo().png().toBuffer());
    await expect(decodeImage(path, { maxPixels })).rejects.toThrow(OptionError);
  });

  it('missing files, folders and devices', async () => {
    expect(await refusal(join(folder, 'nowhere.jpg'))).toContain('no such file');
    expect(await refusal(folder)).toContain('not a file but a folder');
  });

  // The superuser may read everything.
  it.skipIf(process.getuid?.() === 0 || process.platform === 'win32')(
    'without permission',
    async () => {
      const path = await file('locked.jpg', await photo().jpeg().toBuffer());
      await chmod(path, 0o000);
      expect(await refusal(path)).toContain('no permission');
    },
  );

  it('bytes are called by the given name', async () => {
    const promise = decodeImage(Uint8Array.of(1, 2, 3), { name: 'upload 7' });
    await expect(promise).rejects.toThrow(/^upload 7: not a picture/);
  });
});
