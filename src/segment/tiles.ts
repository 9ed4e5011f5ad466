import { OptionError } from '../core/errors.js';
import { type Box, type RgbImage, rgbImage, type Size } from '../image/index.js';

/** How pictures larger than the input are cut up. */
export interface TileOptions {
  /** Pixels that neighbouring tiles share at least; a quarter of the input's shorter side by default. */
  readonly overlap?: number;
}

/** A part of a picture that is segmented by itself, and the part of it whose labels are kept. */
export interface Tile {
  readonly crop: Box;
  readonly kept: Box;
}

/**
 * Tiles of the input's size that cover a picture at its own scale; one tile for a picture that is
 * no larger.
 *
 * Tiles are spread evenly. Every pixel takes its labels from the tile in which it lies furthest
 * from the cuts: what two tiles share serves both as context and is split down the middle.
 *
 * @throws OptionError where the overlap leaves no way to go on.
 */
export function tilesOf(picture: Size, input: Size, options: TileOptions = {}): readonly Tile[] {
  const overlap = options.overlap ?? Math.floor(Math.min(input.width, input.height) / 4);
  const shorter = Math.min(input.width, input.height);
  if (!(Number.isInteger(overlap) && overlap >= 0 && overlap <= shorter / 2)) {
    throw new OptionError({
      place: 'tile overlap',
      problem: 'it does not suit the input size',
      expected: `0 to ${Math.floor(shorter / 2)} pixels, for an input of ${input.width}x${input.height}`,
      found: `${overlap}`,
    });
  }
  const columns = spread(picture.width, input.width, overlap);
  const rows = spread(picture.height, input.height, overlap);
  return rows.flatMap((row) =>
    columns.map(
      (column): Tile => ({
        crop: { x: column.start, y: row.start, width: column.length, height: row.length },
        kept: { x: column.from, y: row.from, width: column.kept, height: row.kept },
      }),
    ),
  );
}

/** A tile along one axis. */
interface Stretch {
  readonly start: number;
  readonly length: number;
  readonly from: number;
  readonly kept: number;
}

function spread(length: number, tile: number, overlap: number): readonly Stretch[] {
  if (length <= tile) return [{ start: 0, length, from: 0, kept: length }];
  const count = Math.ceil((length - overlap) / (tile - overlap));
  const starts = Array.from({ length: count }, (_, i) =>
    Math.round((i * (length - tile)) / (count - 1)),
  );
  const cuts = starts.map((start, i) =>
    i === 0 ? 0 : Math.floor((start + (starts[i - 1] ?? 0) + tile) / 2),
  );
  return starts.map((start, i): Stretch => {
    const from = cuts[i] ?? 0;
    return { start, length: tile, from, kept: (cuts[i + 1] ?? length) - from };
  });
}

/** A part of a picture as a picture of its own. */
export function cropImage(image: RgbImage, { x, y, width, height }: Box): RgbImage {
  const crop = rgbImage(width, height);
  for (let row = 0; row < height; row++) {
    const begin = ((y + row) * image.width + x) * 3;
    crop.data.set(image.data.subarray(begin, begin + width * 3), row * width * 3);
  }
  return crop;
}

/** Planes of some size, one after the other; a label map is one plane. */
export interface Planes<T extends Uint8Array | Uint16Array | Float32Array> extends Size {
  readonly data: T;
}

/** Copies what is kept of a tile to its place in the whole, in each of `count` planes. */
export function pasteTile<T extends Uint8Array | Uint16Array | Float32Array>(
  whole: Planes<T>,
  tile: Planes<T>,
  { crop, kept }: Tile,
  count = 1,
): void {
  for (let plane = 0; plane < count; plane++) {
    for (let y = kept.y; y < kept.y + kept.height; y++) {
      const from = (plane * tile.height + y - crop.y) * tile.width + kept.x - crop.x;
      const to = (plane * whole.height + y) * whole.width + kept.x;
      whole.data.set(tile.data.subarray(from, from + kept.width), to);
    }
  }
}
