import { FormatError } from '../../../core/errors.js';

/** How samples become pixels (ISO/IEC 15948, 11.2.2). */
export type ColourKind = 'grey' | 'rgb' | 'palette' | 'grey-alpha' | 'rgba';

/** The content of a PNG's first chunk. */
export interface PngHeader {
  readonly width: number;
  readonly height: number;
  readonly bitDepth: number;
  readonly kind: ColourKind;
  /** Samples in a pixel. */
  readonly channels: number;
  readonly interlaced: boolean;
}

interface ColourType {
  readonly kind: ColourKind;
  readonly channels: number;
  readonly depths: readonly number[];
}

const colourTypes: Readonly<Record<number, ColourType>> = {
  0: { kind: 'grey', channels: 1, depths: [1, 2, 4, 8, 16] },
  2: { kind: 'rgb', channels: 3, depths: [8, 16] },
  3: { kind: 'palette', channels: 1, depths: [1, 2, 4, 8] },
  4: { kind: 'grey-alpha', channels: 2, depths: [8, 16] },
  6: { kind: 'rgba', channels: 4, depths: [8, 16] },
};

/**
 * Reads the 13 bytes of an IHDR chunk.
 *
 * @throws FormatError where a field has a value that the standard does not know, or where the
 *   picture has more than `maxPixels`.
 */
export function readHeader(content: Uint8Array, place: string, maxPixels: number): PngHeader {
  if (content.length !== 13) {
    throw new FormatError({
      place,
      problem: 'damaged PNG file: the header has the wrong length',
      expected: '13 bytes',
      found: `${content.length}`,
    });
  }
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [bitDepth, type, compression] = [view.getUint8(8), view.getUint8(9), view.getUint8(10)];
  const [filter, interlace] = [view.getUint8(11), view.getUint8(12)];
  const colour = colourTypes[type];
  if (
    width === 0 ||
    height === 0 ||
    colour?.depths.includes(bitDepth) !== true ||
    compression !== 0 ||
    filter !== 0 ||
    interlace > 1
  ) {
    throw new FormatError({
      place,
      problem: 'damaged PNG file: the header makes no sense',
      found: `${width}x${height}, colour type ${type}, ${bitDepth} bits`,
    });
  }
  if (width * height > maxPixels) {
    throw new FormatError({
      place,
      problem: 'the picture has too many pixels',
      expected: `at most ${maxPixels}`,
      found: `${width}x${height}`,
    });
  }
  const { kind, channels } = colour;
  return { width, height, bitDepth, kind, channels, interlaced: interlace === 1 };
}
