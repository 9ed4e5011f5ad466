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
 * the machine's fonts, where there are any. Masks are cached; shares, which hardly ever come back,
 * are put together from cached characters.
 */
export function sharpTextRasteriser(): TextRasteriser {
  const fonts = new Map<number, Promise<Font>>();
  return async (texts, size) => {
    const opened = fonts.get(size) ?? Font.open(size);
    remember(fonts, size, opened);
    const font = await opened;
    const masks: TextMask[] = [];
    for (const text of texts) masks.push(await font.mask(text));
    return masks;
  };
}

/** What the font has no kerning between: such texts are their characters side by side. */
const numeric = /^[0-9.%< ]+$/;

/** A character, and how far behind its place the next one's is. */
interface Glyph {
  readonly mask: TextMask | undefined;
  readonly advance: number;
}

/** The font at one size. */
class Font {
  readonly #size: number;
  /** Width of the probe alone, and columns from its left edge to where the next letter begins. */
  readonly #probeWidth: number;
  readonly #probeAdvance: number;
  readonly #masks = new Map<string, TextMask>();
  readonly #glyphs = new Map<string, Glyph>();

  private constructor(size: number, probeWidth: number, probeAdvance: number) {
    this.#size = size;
    this.#probeWidth = probeWidth;
    this.#probeAdvance = probeAdvance;
  }

  static async open(size: number): Promise<Font> {
    const [one, two] = [await render(probe, size), await render(probe + probe, size)];
    return new Font(size, one.width, two.width - one.width);
  }

  async mask(text: string): Promise<TextMask> {
    if (numeric.test(text)) return joined(await this.#glyphsOf(text));
    const mask = this.#masks.get(text) ?? (await rasterise(text, this.#size, this.#probeAdvance));
    remember(this.#masks, text, mask);
    return mask;
  }

  async #glyphsOf(text: string): Promise<readonly Glyph[]> {
    const glyphs: Glyph[] = [];
    for (const character of text) {
      const glyph = this.#glyphs.get(character) ?? (await this.#glyph(character));
      this.#glyphs.set(character, glyph);
      glyphs.push(glyph);
    }
    return glyphs;
  }

  async #glyph(character: string): Promise<Glyph> {
    const framed = await render(probe + character + probe, this.#size);
    const advance = framed.width - this.#probeWidth - this.#probeAdvance;
    const isBlank = character === ' ';
    return {
      advance,
      mask: isBlank ? undefined : await rasterise(character, this.#size, this.#probeAdvance),
    };
  }
}

/** Characters side by side on one baseline. */
function joined(glyphs: readonly Glyph[]): TextMask {
  const masks = glyphs.flatMap(({ mask }) => mask ?? []);
  const baseline = Math.max(0, ...masks.map((mask) => mask.baseline));
  const below = Math.max(0, ...masks.map((mask) => mask.height - mask.baseline));
  const ends = glyphs.map(({ mask, advance }) => Math.max(advance, mask?.width ?? 0));
  const width = 1 + ends.reduce((sum, end) => sum + end, 0);
  const data = new Uint8Array(width * (baseline + below));
  let [left, right] = [0, 0];
  for (const { mask, advance } of glyphs) {
    if (mask !== undefined) {
      const top = baseline - mask.baseline;
      for (let y = 0; y < mask.height; y++) {
        for (let x = 0; x < mask.width; x++) {
          const at = (top + y) * width + left + x;
          data[at] = Math.max(data[at] ?? 0, mask.data[y * mask.width + x] ?? 0);
        }
      }
      right = Math.max(right, left + mask.width);
    }
    left += advance;
  }
  return cropped({ width, height: baseline + below, baseline, data }, right);
}

function cropped({ width, height, baseline, data }: TextMask, columns: number): TextMask {
  const kept = new Uint8Array(columns * height);
  for (let y = 0; y < height; y++) {
    kept.set(data.subarray(y * width, y * width + columns), y * columns);
  }
  return { width: columns, height, baseline, data: kept };
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
