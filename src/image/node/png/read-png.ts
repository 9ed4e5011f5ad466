import { inflateSync } from 'node:zlib';
import { FormatError, messageOf } from '../../../core/errors.js';
import { type PngHeader, readHeader } from './png-header.js';
import { unfilterRows, unpackSamples } from './png-rows.js';

/** A PNG's samples exactly as they are stored: nothing scaled, converted or looked up. */
export interface PngPicture extends PngHeader {
  /** `channels` samples a pixel, rows from the top; palette pictures hold palette indices. */
  readonly samples: Uint8Array | Uint16Array;
  /** Red, green and blue of each palette entry. */
  readonly palette: Uint8Array | undefined;
}

const defaultMaxPixels = 100_000_000;
const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/**
 * Reads a PNG (ISO/IEC 15948) without interpreting its samples.
 *
 * For label maps a sample is a class index. General decoders (libvips among them) expand palettes
 * to colours, scale 1-, 2- and 4-bit greys to 0 to 255 and apply colour profiles; any of that
 * destroys the index. All colour types, bit depths and interlacing are read. Chunk checksums are
 * not compared: that of the compressed data covers every sample.
 *
 * @throws FormatError where the file is no PNG, damaged, cut off or too large.
 */
export function readPng(file: Uint8Array, place: string, maxPixels = defaultMaxPixels): PngPicture {
  if (file.length === 0) throw new FormatError({ place, problem: 'the file is empty' });
  if (!signature.every((byte, i) => file[i] === byte)) {
    throw new FormatError({
      place,
      problem: 'not a PNG file',
      expected: 'a label map as PNG',
      fix: 'save labels as PNG; formats that blur, such as JPEG, cannot hold them',
    });
  }
  const chunks = readChunks(file, place);
  const header = readHeader(chunks.header, place, maxPixels);
  const rows = inflateRows(chunks.data, header, place);
  return { ...header, samples: readSamples(rows, header, place), palette: chunks.palette };
}

interface Chunks {
  readonly header: Uint8Array;
  readonly palette: Uint8Array | undefined;
  readonly data: readonly Uint8Array[];
}

function readChunks(file: Uint8Array, place: string): Chunks {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  let header = new Uint8Array(0);
  let palette: Uint8Array | undefined;
  const data: Uint8Array[] = [];
  for (let at = signature.length; at + 12 <= file.length; ) {
    const length = view.getUint32(at);
    const type = String.fromCharCode(...file.subarray(at + 4, at + 8));
    if (at + 12 + length > file.length) break;
    const content = file.subarray(at + 8, at + 8 + length);
    if (type === 'IHDR') header = content as Uint8Array<ArrayBuffer>;
    if (type === 'PLTE') palette = content;
    if (type === 'IDAT') data.push(content);
    if (type === 'IEND') return { header, palette, data };
    at += 12 + length;
  }
  throw new FormatError({ place, problem: 'cut off PNG file: it has no end' });
}

/** The seven passes of an interlaced picture: first column and row, and the steps between. */
const adam7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

interface Pass {
  readonly x: number;
  readonly y: number;
  readonly stepX: number;
  readonly stepY: number;
  readonly width: number;
  readonly height: number;
  /** Bytes of a row without its filter byte. */
  readonly rowLength: number;
}

function passesOf(header: PngHeader): readonly Pass[] {
  const { width, height, bitDepth, channels, interlaced } = header;
  const grid = interlaced ? adam7 : ([[0, 0, 1, 1]] as const);
  return grid
    .map(([x, y, stepX, stepY]) => {
      const columns = Math.max(0, Math.ceil((width - x) / stepX));
      const rows = Math.max(0, Math.ceil((height - y) / stepY));
      const rowLength = Math.ceil((columns * channels * bitDepth) / 8);
      return { x, y, stepX, stepY, width: columns, height: rows, rowLength };
    })
    .filter((pass) => pass.width > 0 && pass.height > 0);
}

function inflateRows(data: readonly Uint8Array[], header: PngHeader, place: string): Uint8Array {
  const expected = passesOf(header).reduce(
    (sum, pass) => sum + pass.height * (pass.rowLength + 1),
    0,
  );
  let rows: Uint8Array;
  try {
    // The bound keeps a hostile file from unpacking to more than its header says.
    rows = inflateSync(Buffer.concat(data), { maxOutputLength: expected });
  } catch (cause) {
    throw new FormatError({
      place,
      problem: `damaged or cut off PNG file: ${messageOf(cause)}`,
      cause,
    });
  }
  if (rows.length === expected) return rows;
  throw new FormatError({
    place,
    problem: 'damaged or cut off PNG file: samples are missing',
    expected: `${expected} bytes`,
    found: `${rows.length}`,
  });
}

function readSamples(rows: Uint8Array, header: PngHeader, place: string): Uint8Array | Uint16Array {
  const { width, height, channels, bitDepth } = header;
  const count = width * height * channels;
  const samples = bitDepth === 16 ? new Uint16Array(count) : new Uint8Array(count);
  const pixelLength = Math.max(1, (channels * bitDepth) >> 3);
  let start = 0;
  for (const pass of passesOf(header)) {
    const { rowLength } = pass;
    if (!unfilterRows(rows, start, rowLength, pass.height, pixelLength)) {
      throw new FormatError({ place, problem: 'damaged PNG file: unknown row filter' });
    }
    const line =
      bitDepth === 16
        ? new Uint16Array(pass.width * channels)
        : new Uint8Array(pass.width * channels);
    for (let row = 0; row < pass.height; row++) {
      const at = start + row * (rowLength + 1) + 1;
      const packed = rows.subarray(at, at + rowLength);
      const target = (pass.y + row * pass.stepY) * width;
      if (pass.stepX === 1) {
        unpackSamples(packed, bitDepth, line.length, samples, target * channels);
        continue;
      }
      unpackSamples(packed, bitDepth, line.length, line, 0);
      for (let i = 0; i < pass.width; i++) {
        const pixel = (target + pass.x + i * pass.stepX) * channels;
        samples.set(line.subarray(i * channels, (i + 1) * channels), pixel);
      }
    }
    start += pass.height * (rowLength + 1);
  }
  return samples;
}
