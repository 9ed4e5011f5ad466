import { inflateSync } from 'node:zlib';

/** What a PNG reader sees before it applies palette or scaling. */
export interface RawPng {
  readonly width: number;
  readonly height: number;
  readonly bitDepth: number;
  readonly colourType: number;
  readonly palette: Uint8Array | undefined;
  /** Samples without filter bytes; only filter 0 is understood. */
  readonly samples: Uint8Array;
}

/** Reads the chunks of a PNG, checking lengths and checksums, independently of the writer. */
export function readRawPng(file: Uint8Array): RawPng {
  const view = Buffer.from(file.buffer, file.byteOffset, file.length);
  const chunks = new Map<string, Buffer>();
  let at = 8;
  while (at < view.length) {
    const length = view.readUInt32BE(at);
    const type = view.toString('latin1', at + 4, at + 8);
    const checked = view.subarray(at + 4, at + 8 + length);
    if (view.readUInt32BE(at + 8 + length) !== crc32Of(checked)) throw new Error(`${type}: CRC`);
    chunks.set(type, view.subarray(at + 8, at + 8 + length));
    at += length + 12;
  }
  const header = chunks.get('IHDR') ?? Buffer.alloc(13);
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const bitDepth = header[8] ?? 0;
  const rowLength = (width * bitDepth) / 8;
  const rows = inflateSync(chunks.get('IDAT') ?? Buffer.alloc(0));
  const samples = new Uint8Array(rowLength * height);
  for (let y = 0; y < height; y++) {
    const start = y * (rowLength + 1);
    if (rows[start] !== 0) throw new Error(`row ${y}: filter ${rows[start]}`);
    samples.set(rows.subarray(start + 1, start + 1 + rowLength), y * rowLength);
  }
  const palette = chunks.get('PLTE');
  return { width, height, bitDepth, colourType: header[9] ?? -1, palette, samples };
}

/** CRC-32 bit by bit, straight from its polynomial. */
export function crc32Of(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

/** A PNG that consists of its header and an empty image. */
export function pngHeader(width: number, height: number): Uint8Array {
  const header = Buffer.alloc(25);
  header.writeUInt32BE(13, 0);
  header.write('IHDR', 4, 'latin1');
  header.writeUInt32BE(width, 8);
  header.writeUInt32BE(height, 12);
  header.set([8, 2, 0, 0, 0], 16);
  header.writeUInt32BE(crc32Of(header.subarray(4, 21)), 21);
  const data = Buffer.from([0, 0, 0, 0, ...Buffer.from('IDAT'), 0x35, 0xaf, 0x06, 0x1e]);
  const end = Buffer.from([0, 0, 0, 0, ...Buffer.from('IEND'), 0xae, 0x42, 0x60, 0x82]);
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), header, data, end]);
}
