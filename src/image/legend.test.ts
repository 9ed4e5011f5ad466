import { describe, expect, it } from 'vitest';
import { type RgbImage, rgbImage } from './image.js';
import { addLegend, formatShare, type LegendEntry } from './legend.js';
import type { TextMask } from './text.js';

/** Draws every character as a solid block of half a font size, and remembers the texts. */
function blockText(): {
  texts: string[];
  sizes: number[];
  rasterise: (texts: readonly string[], size: number) => Promise<TextMask[]>;
} {
  const texts: string[] = [];
  const sizes: number[] = [];
  return {
    texts,
    sizes,
    rasterise: async (lines, size) => {
      sizes.push(size);
      texts.push(...lines);
      return lines.map((line) => {
        const width = Math.ceil((line.length * size) / 2);
        const data = new Uint8Array(width * size).fill(255);
        return { width, height: size, baseline: size, data };
      });
    },
  };
}

const entries: LegendEntry[] = [
  { name: 'background', colour: [0, 0, 0], share: 0.4 },
  { name: 'cat', colour: [64, 0, 0], share: 0.55 },
  { name: 'sofa', colour: [0, 192, 0], share: 0.05 },
];

function coloursBelow(image: RgbImage, y: number): Set<string> {
  const colours = new Set<string>();
  for (let at = y * image.width * 3; at < image.data.length; at += 3) {
    colours.add(image.data.subarray(at, at + 3).join());
  }
  return colours;
}

describe('legend', () => {
  it('leaves the picture as it is and adds a strip with every swatch below', async () => {
    const data = new Uint8Array(600 * 40 * 3).map((_, i) => i % 251);
    const picture = rgbImage(600, 40, data);
    const { rasterise } = blockText();
    const result = await addLegend(picture, entries, rasterise);
    expect(result.width).toBe(600);
    expect(result.data.subarray(0, data.length)).toEqual(data);
    const colours = coloursBelow(result, 40);
    for (const { colour } of entries) expect(colours).toContain(String(colour));
    expect(colours).toContain('255,255,255');
  });

  it('shows a hollow swatch for a class without colour', async () => {
    const { rasterise } = blockText();
    const result = await addLegend(rgbImage(9, 9), [{ name: 'x', share: 1 }], rasterise);
    // With the smallest font, margin and swatch are 12 pixels; row 27 crosses the swatch: border
    // on its edges, paper within.
    const row = 27 * result.width * 3;
    const line = [12, 13, 17, 22, 23].map((x) => result.data[row + x * 3]);
    expect(line).toEqual([176, 255, 255, 255, 176]);
  });

  it('lists the biggest share first', async () => {
    const { texts, rasterise } = blockText();
    await addLegend(rgbImage(400, 300), entries, rasterise);
    expect(texts).toEqual(['cat', '55.0 %', 'background', '40.0 %', 'sofa', '5.0 %']);
  });

  it('uses fewer lines on a wider picture', async () => {
    const { rasterise } = blockText();
    const heights = [100, 400, 1000].map(async (width) => {
      const result = await addLegend(rgbImage(width, 10), entries, rasterise, { fontSize: 13 });
      return result.height;
    });
    const [narrow = 0, middle = 0, wide = 0] = await Promise.all(heights);
    expect(narrow).toBeGreaterThan(middle);
    expect(middle).toBeGreaterThan(wide);
  });

  it.each([
    [1, 1],
    [5000, 1],
    [1, 5000],
  ])('can be read under a picture of %ix%i pixels', async (width, height) => {
    const { sizes, rasterise } = blockText();
    const picture = rgbImage(width, height, new Uint8Array(width * height * 3).fill(77));
    const result = await addLegend(picture, entries, rasterise);
    expect(sizes).toEqual([13]);
    // Block letters are wider than real ones: indent, 10 letters, gap, 6 letters, margins.
    expect(result.width).toBeGreaterThanOrEqual(Math.max(width, 140));
    const middle = Math.floor((result.width - width) / 2) * 3;
    expect(result.data[middle]).toBe(77);
    const colours = coloursBelow(result, height);
    for (const { colour } of entries) expect(colours).toContain(String(colour));
  });

  it('gathers what exceeds the limit in one line', async () => {
    const { texts, rasterise } = blockText();
    const many = Array.from({ length: 150 }, (_, i): LegendEntry => {
      return { name: `class ${i}`, colour: [i, 0, 0], share: 1 / 150 };
    });
    await addLegend(rgbImage(640, 480), many, rasterise, { maxEntries: 10 });
    expect(texts).toHaveLength(20);
    expect(texts.slice(-2)).toEqual(['141 more', '94.0 %']);
  });

  it('shortens long names and keeps them on one line', async () => {
    const { texts, rasterise } = blockText();
    const names = ['two\nlines', `${'very '.repeat(2000)}long`, ' \t '];
    const odd = names.map((name): LegendEntry => ({ name, colour: [1, 2, 3], share: 0.3 }));
    await addLegend(rgbImage(10, 10), odd, rasterise);
    expect(texts[0]).toBe('two lines');
    expect(texts[2]).toMatch(/^very very .*…$/);
    expect(texts[2]).toHaveLength(32);
    expect(texts[4]).toBe('(no name)');
  });

  it('is dark when asked to be', async () => {
    const { rasterise } = blockText();
    const result = await addLegend(rgbImage(300, 20), entries, rasterise, { theme: 'dark' });
    expect(result.data.subarray(-3).every((value) => value < 40)).toBe(true);
  });

  it('adds nothing where no class is present', async () => {
    const picture = rgbImage(5, 5);
    expect(await addLegend(picture, [], blockText().rasterise)).toBe(picture);
  });
});

describe('shares', () => {
  it.each([
    [1, '100.0 %'],
    [0.6123, '61.2 %'],
    [0.001, '0.1 %'],
    [0.0004, '<0.1 %'],
    [0, '0.0 %'],
  ])('%f reads %s', (share, text) => {
    expect(formatShare(share)).toBe(text);
  });
});
