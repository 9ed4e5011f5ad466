import { promisify } from 'node:util';
import { constants, deflate } from 'node:zlib';

const deflateAsync = promisify(deflate);

/** Samples of a PNG without alpha, rows from the top, packed; 16-bit samples big-endian. */
export interface PngSamples {
  readonly width: number;
  readonly height: number;
  readonly bitDepth: 8 | 16;
  readonly samples: Uint8Array;
  /** Red, green, blue of every index, up to 256 of them; left out, the picture is grey. */
  readonly palette?: Uint8Array;
}

/**
 * Writes a PNG (ISO/IEC 15948) whose samples and palette are exactly the ones given: sharp would
 * quantise anew and reorder the palette, so that index and class no longer agree.
 */
export async function writePng(png: PngSamples): Promise<Uint8Array> {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, png.width);
  view.setUint32(4, png.height);
  view.setUint8(8, png.bitDepth);
  view.setUint8(9, png.palette === undefined ? 0 : 3);

  // Label maps are long runs of equal bytes: looking for runs only is seven times as fast as a
  // search for all repetitions, and smaller. 16-bit samples have no runs of single bytes.
  const strategy = png.bitDepth === 8 ? constants.Z_RLE : constants.Z_DEFAULT_STRATEGY;
  const rows = withFilterBytes(png);
  const compressed = await deflateAsync(rows, { level: 6, strategy });
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    ...(png.palette === undefined ? [] : [chunk('PLTE', png.palette)]),
    chunk('IDAT', compressed),
    chunk('IEND', new Uint8Array(0)),
  ]);
}

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** Each row led by a 0, the filter "none". */
function withFilterBytes({ width, height, bitDepth, samples }: PngSamples): Uint8Array {
  const rowLength = (width * bitDepth) / 8;
  const rows = new Uint8Array(height * (rowLength + 1));
  for (let y = 0; y < height; y++) {
    const row = samples.subarray(y * rowLength, (y + 1) * rowLength);
    rows.set(row, y * (rowLength + 1) + 1);
  }
  return rows;
}

/** Length, type, content and the checksum of type and content. */
function chunk(type: string, content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(content.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, content.length);
  for (let i = 0; i < 4; i++) bytes[4 + i] = type.charCodeAt(i);
  bytes.set(content, 8);
  view.setUint32(content.length + 8, crc32(bytes.subarray(4, content.length + 8)));
  return bytes;
}

/** CRC-32 of ISO 3309, which zlib of Node 20 does not offer. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crcTable[(crc ^ byte) & 0xff] as number) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});
