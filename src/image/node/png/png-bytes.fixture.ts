import { deflateSync } from 'node:zlib';
import { crc32Of } from '../png.fixture.js';

/** A picture to be written as PNG, each sample as it is to be stored. */
export interface PngRecipe {
  readonly width: number;
  readonly height: number;
  /** 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGBA. */
  readonly colourType: 0 | 2 | 3 | 4 | 6;
  readonly bitDepth: 1 | 2 | 4 | 8 | 16;
  readonly samples: ArrayLike<number>;
  readonly palette?: Uint8Array;
  /** Filter of each row; 0 unless told. */
  readonly filterOf?: (row: number) => number;
}

/** Writes a PNG of any kind straight from the standard's definitions, with any row filters. */
export function pngBytes(recipe: PngRecipe): Uint8Array {
  const { width, height, colourType, bitDepth, palette } = recipe;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([bitDepth, colourType, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    ...(palette === undefined ? [] : [chunk('PLTE', palette)]),
    // In two chunks, as large pictures are.
    ...halves(deflateSync(filteredRows(recipe))).map((part) => chunk('IDAT', part)),
    chunk('IEND', new Uint8Array(0)),
  ]);
}

function filteredRows(recipe: PngRecipe): Uint8Array {
  const { width, height, bitDepth, samples, filterOf = () => 0 } = recipe;
  const channels = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }[recipe.colourType];
  const rowLength = Math.ceil((width * channels * bitDepth) / 8);
  const pixelLength = Math.max(1, (channels * bitDepth) / 8);
  const plain = Array.from({ length: height }, (_, y) => {
    const row = new Uint8Array(rowLength);
    for (let i = 0; i < width * channels; i++) {
      const sample = samples[y * width * channels + i] ?? 0;
      const bit = i * bitDepth;
      if (bitDepth === 16) row.set([sample >> 8, sample & 255], i * 2);
      else row[bit >> 3] = (row[bit >> 3] ?? 0) | (sample << (8 - bitDepth - (bit & 7)));
    }
    return row;
  });
  const rows = plain.map((row, y) => {
    const filter = filterOf(y);
    const filtered = row.map((byte, i) => {
      const left = row[i - pixelLength] ?? 0;
      const up = plain[y - 1]?.[i] ?? 0;
      const corner = plain[y - 1]?.[i - pixelLength] ?? 0;
      return byte - predicted(filter, left, up, corner);
    });
    return Buffer.concat([Buffer.of(filter), filtered]);
  });
  return Buffer.concat(rows);
}

function predicted(filter: number, left: number, up: number, corner: number): number {
  switch (filter) {
    case 1:
      return left;
    case 2:
      return up;
    case 3:
      return Math.floor((left + up) / 2);
    case 4: {
      const estimate = left + up - corner;
      const ranked = [left, up, corner].map((value) => Math.abs(estimate - value));
      return [left, up, corner][ranked.indexOf(Math.min(...ranked))] ?? 0;
    }
    default:
      return 0;
  }
}

function halves(bytes: Uint8Array): readonly Uint8Array[] {
  const middle = bytes.length >> 1;
  return [bytes.subarray(0, middle), bytes.subarray(middle)];
}

function chunk(type: string, content: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(content.length + 12);
  bytes.writeUInt32BE(content.length, 0);
  bytes.write(type, 4, 'latin1');
  bytes.set(content, 8);
  bytes.writeUInt32BE(crc32Of(bytes.subarray(4, content.length + 8)), content.length + 8);
  return bytes;
}
