/** A piece of text as anti-aliased coverage, 0 (paper) to 255 (ink), rows from the top. */
export interface TextMask {
  readonly width: number;
  readonly height: number;
  /** Rows between the mask's top and the line that letters such as "x" stand on. */
  readonly baseline: number;
  readonly data: Uint8Array;
}

/**
 * Draws single lines of text; the platform provides it.
 *
 * @param texts non-empty lines without line breaks.
 * @param size font size in pixels.
 * @returns a mask per text, cropped to its ink.
 */
export type TextRasteriser = (
  texts: readonly string[],
  size: number,
) => Promise<readonly TextMask[]>;

/** What is drawn where there is nothing to say. */
export const noText: TextMask = { width: 0, height: 0, baseline: 0, data: new Uint8Array(0) };

/** Text turned to read from the bottom up; its baseline is its right edge. */
export function turnUp({ width, height, data }: TextMask): TextMask {
  const turned = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      turned[(width - 1 - x) * height + y] = data[y * width + x] as number;
    }
  }
  return { width: height, height: width, baseline: width, data: turned };
}

/**
 * A name as it can be printed: on one line, without control characters, and of so many characters
 * at most, those at its start or at its end; empty where nothing can be printed.
 */
export function printableName(
  name: string,
  longest: number,
  part: 'start' | 'end' = 'start',
): string {
  const characters = [...name.replace(/[\s\p{Cc}\p{Cs}]+/gu, ' ').trim()];
  if (characters.length <= longest) return characters.join('');
  return part === 'start'
    ? `${characters.slice(0, longest - 1).join('')}…`
    : `…${characters.slice(1 - longest).join('')}`;
}
