import { OptionError } from '../core/errors.js';
import type { Palette, Rgb } from '../image/index.js';
import { voidColour } from '../image/index.js';

/** What the values and colours in a dataset's label files mean; plain data, for worker threads. */
export interface LabelCoding {
  /**
   * Class of each stored value, for grey and palette files. Values without an entry stay as they
   * are; left out, every value is its class.
   */
  readonly values?: readonly number[];
  /** Class of each colour, for RGB files; left out, such files are refused. */
  readonly colours?: readonly ColourMeaning[];
}

/** One colour of RGB label files. */
export interface ColourMeaning {
  readonly colour: Rgb;
  readonly value: number;
}

/** Red, green and blue as one number, 24 bits. */
export function packColour(red: number, green: number, blue: number): number {
  return (red << 16) | (green << 8) | blue;
}

/** A packed colour as people write it. */
export function formatColour(packed: number): string {
  return `rgb(${packed >> 16}, ${(packed >> 8) & 255}, ${packed & 255})`;
}

/**
 * The meanings of a palette's colours; VOC's void colour means the ignore value unless a class has
 * it.
 */
export function paletteMeanings(palette: Palette, ignoreValue: number): readonly ColourMeaning[] {
  const meanings: ColourMeaning[] = palette.map((colour, value) => ({ colour, value }));
  const taken = palette.some((colour) => packColour(...colour) === packColour(...voidColour));
  return taken ? meanings : [...meanings, { colour: voidColour, value: ignoreValue }];
}

/**
 * A table from packed colour to label value.
 *
 * @throws OptionError where two classes share a colour, so that it tells nothing.
 */
export function colourTable(
  meanings: readonly ColourMeaning[],
  place: string,
): ReadonlyMap<number, number> {
  const table = new Map<number, number>();
  for (const { colour, value } of meanings) {
    const packed = packColour(...colour);
    const other = table.get(packed);
    if (other !== undefined && other !== value) {
      throw new OptionError({
        place,
        problem: `classes ${other} and ${value} share the colour ${formatColour(packed)}`,
        fix: 'label files in RGB need a palette without repetitions',
      });
    }
    table.set(packed, value);
  }
  return table;
}
