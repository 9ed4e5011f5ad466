import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { TextMask } from '../text.js';
import { sharpTextRasteriser } from './text.js';

const rasterise = sharpTextRasteriser();

async function mask(text: string, size: number): Promise<TextMask> {
  const [drawn] = await rasterise([text], size);
  if (drawn === undefined) throw new Error(`no mask for ${text}`);
  return drawn;
}

describe('text masks', () => {
  it.each([13, 20, 48])('put letters on a common baseline at %i pixels', async (size) => {
    // Without descenders, the mask ends at the baseline; with them, below it.
    const [flat, hanging, tall] = await Promise.all([
      mask('xnz', size),
      mask('gpq', size),
      mask('ÁÉ', size),
    ]);
    expect(flat.height - flat.baseline).toBeLessThanOrEqual(1);
    expect(hanging.height - hanging.baseline).toBeGreaterThanOrEqual(2);
    expect(tall.baseline).toBeGreaterThan(flat.baseline);
    expect(tall.height - tall.baseline).toBeLessThanOrEqual(1);
  });

  it('are anti-aliased, and as large as the font asks', async () => {
    const small = await mask('motorbike', 13);
    const large = await mask('motorbike', 39);
    expect(large.width / small.width).toBeCloseTo(3, 0);
    expect(small.data).toHaveLength(small.width * small.height);
    expect(Math.max(...small.data)).toBeGreaterThan(200);
    expect(small.data.some((cover) => cover > 40 && cover < 200)).toBe(true);
  });

  it.each([13, 15, 24])('of shares at %i pixels look as if drawn in one go', async (size) => {
    for (const share of ['61.2 %', '<0.1 %', '100.0 %', '7.0 %']) {
      // A letter keeps the text from being put together; it is cut off again.
      const [own, whole, letter] = [
        await mask(share, size),
        await mask(`${share}x`, size),
        await mask('x', size),
      ];
      expect(Math.abs(own.width - (whole.width - letter.width))).toBeLessThanOrEqual(0.25 * size);
      expect(Math.abs(own.baseline - whole.baseline)).toBeLessThanOrEqual(1);
      const ink = (drawn: TextMask) => drawn.data.reduce((sum, cover) => sum + cover, 0);
      expect(Math.abs(ink(own) / (ink(whole) - ink(letter)) - 1)).toBeLessThan(0.15);
    }
  });

  it('show markup characters as they are', async () => {
    const plain = await mask('<b>a</b> & b', 16);
    const bold = await mask('a', 16);
    expect(plain.width).toBeGreaterThan(bold.width * 5);
  });

  it('do not depend on the fonts of the machine', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'atrous-fonts-'));
    try {
      const fontconfig = join(folder, 'fonts.conf');
      await writeFile(fontconfig, '<?xml version="1.0"?><fontconfig></fontconfig>');
      const module = JSON.stringify(new URL('./text.js', import.meta.url).href);
      const script = `
        const { sharpTextRasteriser } = await import(${module});
        const [mask] = await sharpTextRasteriser()(['background gjq 61.2 %'], 15);
        console.log(JSON.stringify({ ...mask, data: [...mask.data] }));`;
      const { stdout } = await promisify(execFile)(
        process.execPath,
        ['--input-type=module', '--eval', script],
        { env: { ...process.env, FONTCONFIG_FILE: fontconfig } },
      );
      const here = await mask('background gjq 61.2 %', 15);
      const bare = JSON.parse(stdout);
      // The machine's settings may sharpen edges a little; boxes for missing letters would differ
      // everywhere.
      expect(bare).toMatchObject({ width: here.width, height: here.height });
      expect(bare.baseline).toBe(here.baseline);
      const difference = here.data.reduce((sum, v, i) => sum + Math.abs(v - bare.data[i]), 0);
      expect(difference / here.data.length).toBeLessThan(8);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
