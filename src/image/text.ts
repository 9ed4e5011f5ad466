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
