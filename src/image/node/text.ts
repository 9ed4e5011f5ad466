import { createRequire } from 'node:module';
import sharp from 'sharp';
import type { TextMask, TextRasteriser } from '../text.js';

/** The font comes with the package, so that text looks alike on machines without any fonts. */
const fontPath = createRequire(import.meta.url).resolve(
  '@expo-google-fonts/atkinson-hyperlegible/400Regular/AtkinsonHyperlegible_400Regular.ttf',
);
const fontFamily = 'Atkinson Hyperlegible';

/** Masks and sizes kept for reuse: class names come back with every picture of a batch. */
const cacheSize = 1024;

/**
 * Text through sharp (Pango) in the font Atkinson Hyperlegible; characters that it lacks come from
 * the machine's fonts, where there are any. Masks are cached.
 */
export function sharpTextRasteriser(): TextRasteriser {
  const cache = new Map<string, TextMask>();
  const advances = new Map<number, number>();
  return async (texts, size) => {
    const advance = advances.get(size) ?? (await probeAdvance(size));
    remember(advances, size, advance);
    const masks: TextMask[] = [];
    for (const text of texts) {
      const key = `${size} ${text}`;
      const mask = cache.get(key) ?? (await rasterise(text, size, advance));
      remember(cache, key, mask);
      masks.push(mask);
    }
    return masks;
  };
}

/** Makes an entry the youngest and drops the oldest where there are too many. */
function remember<Key, Value>(cache: Map<Key, Value>, key: Key, value: Value): void {
  cache.delete(key);
  cache.set(key, value);
  const [oldest] = cache.keys();
  if (cache.size > cacheSize && oldest !== undefined) cache.delete(oldest);
}

/** Stands to the left of every text: its foot is the baseline. */
const probe = 'H';

/** An ink row counts as part of the probe's stem from this coverage on. */
const stemCoverage = 64;

/**
 * Sharp crops text to its ink and says nothing of the baseline. So an H is drawn in front, whose
 * foot is found again in the rendering and whose columns are then cut off.
 */
async function rasterise(text: string, size: number, advance: number): Promise<TextMask> {
  const whole = await render(probe + text, size);
  const left = Math.min(advance, whole.width - 1);
  const width = whole.width - left;
  const data = new Uint8Array(width * whole.height);
  for (let y = 0; y < whole.height; y++) {
    const row = whole.data.subarray(y * whole.width + left, (y + 1) * whole.width);
    data.set(row, y * width);
  }
  return { width, height: whole.height, baseline: stemFoot(whole), data };
}

/** Columns from the left edge of the probe's ink to that of a second probe beside it. */
async function probeAdvance(size: number): Promise<number> {
  const [one, two] = [await render(probe, size), await render(probe + probe, size)];
  return two.width - one.width;
}

interface Coverage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** The row below the last one in which the two leftmost columns, the H's stem, have ink. */
function stemFoot({ width, height, data }: Coverage): number {
  for (let y = height - 1; y >= 0; y--) {
    const ink = Math.max(data[y * width] ?? 0, data[y * width + 1] ?? 0);
    if (ink >= stemCoverage) return y + 1;
  }
  return height;
}

async function render(text: string, size: number): Promise<Coverage> {
  const { data, info } = await sharp({
    text: {
      text: escapeMarkup(text),
      font: `${fontFamily} ${size}`,
      fontfile: fontPath,
      // At 72 dots per inch a point is a pixel.
      dpi: 72,
    },
  })
    .toColourspace('b-w')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

/** Pango reads its text as markup. */
function escapeMarkup(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
