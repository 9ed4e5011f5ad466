import { open, stat } from 'node:fs/promises';
import sharp, { type Metadata, type SharpOptions } from 'sharp';
import { FormatError, messageOf, OptionError } from '../../core/errors.js';
import { type RgbImage, rgbImage } from '../image.js';
import {
  type PictureFormat,
  type RefusedFormat,
  sniffedLength,
  sniffFormat,
} from './picture-format.js';

/** What is accepted as a picture. */
export interface DecodeOptions {
  /** Largest picture decoded, in pixels; a decoded pixel takes 3 bytes. Defaults to 100 million. */
  readonly maxPixels?: number;
  /** What error messages call a picture given as bytes. Defaults to "picture". */
  readonly name?: string;
}

const defaultMaxPixels = 100_000_000;

/**
 * Decodes a picture file, or its bytes, to 8-bit sRGB.
 *
 * JPEG, PNG, WebP, AVIF, GIF and TIFF, told apart by content; of several frames or pages the first.
 * EXIF orientation is applied, embedded colour profiles and CMYK are converted. Transparency is
 * laid on white, which is what viewers and web pages show; dropping it would bring up colours that
 * nobody meant to be seen.
 *
 * Decoding runs in sharp's own threads; how many is the caller's to choose (`sharp.concurrency`).
 *
 * @param source path of a file, or the file's content.
 * @throws FormatError, in one line naming the file, where it cannot be read, is empty, of another
 *   kind, damaged or cut off, or has too many pixels; OptionError where `maxPixels` is no limit.
 */
export async function decodeImage(
  source: string | Uint8Array,
  options: DecodeOptions = {},
): Promise<RgbImage> {
  const place = typeof source === 'string' ? source : (options.name ?? 'picture');
  const maxPixels = options.maxPixels ?? defaultMaxPixels;
  if (!(maxPixels >= 1)) {
    throw new OptionError({
      place: 'maxPixels',
      problem: 'not a number of pixels',
      expected: 'a number from 1 on',
      found: `${maxPixels}`,
    });
  }
  const head = typeof source === 'string' ? await readHead(source) : source;
  const format = acceptedFormat(place, head.subarray(0, sniffedLength));

  const reader: SharpOptions = { failOn: 'error', sequentialRead: true };
  let metadata: Metadata;
  try {
    metadata = await sharp(source, { ...reader, limitInputPixels: false }).metadata();
  } catch (cause) {
    throw damaged(place, format, cause);
  }
  const { width, height } = metadata;
  if (width * height > maxPixels) {
    throw new FormatError({
      place,
      problem: 'the picture has too many pixels',
      expected: `at most ${maxPixels}`,
      found: `${width}x${height}`,
      fix: 'scale it down or raise maxPixels',
    });
  }
  const limitInputPixels = Number.isFinite(maxPixels) ? Math.floor(maxPixels) : false;
  try {
    const { data, info } = await sharp(source, {
      ...reader,
      limitInputPixels,
    })
      .autoOrient()
      .flatten({ background: 'white' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.length);
    return rgbImage(info.width, info.height, bytes);
  } catch (cause) {
    throw damaged(place, format, cause);
  }
}

/**
 * Turns off sharp's cache of decoded pictures and operations, process-wide: a batch never decodes
 * the same file twice, so the cache would only hold memory.
 */
export function disableImageCache(): void {
  sharp.cache(false);
}

async function readHead(path: string): Promise<Uint8Array> {
  try {
    // Opening a pipe would wait for its writer, perhaps forever.
    if (!(await stat(path)).isFile()) {
      throw new FormatError({ place: path, problem: 'not a file but a folder or a device' });
    }
    const file = await open(path, 'r');
    try {
      const head = new Uint8Array(sniffedLength);
      const { bytesRead } = await file.read(head, 0, sniffedLength, 0);
      return head.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (cause instanceof FormatError) throw cause;
    throw new FormatError({ place: path, problem: fileProblem(cause), cause });
  }
}

function fileProblem(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'no such file';
    case 'EACCES':
    case 'EPERM':
      return 'no permission to read this file';
    default:
      return `cannot be read: ${messageOf(cause)}`;
  }
}

/** Why each recognised but unsupported kind of file is refused. */
const refusals: Readonly<Record<RefusedFormat, string>> = {
  svg: 'an SVG drawing',
  pdf: 'a PDF document',
  bmp: 'a BMP picture',
  heic: 'a HEIC picture',
  'jpeg xl': 'a JPEG XL picture',
  text: 'text',
};

function acceptedFormat(place: string, head: Uint8Array): PictureFormat {
  if (head.length === 0) throw new FormatError({ place, problem: 'the file is empty' });
  const format = sniffFormat(head);
  switch (format) {
    case 'jpeg':
    case 'png':
    case 'webp':
    case 'gif':
    case 'tiff':
    case 'avif':
      return format;
    default:
      throw new FormatError({
        place,
        problem: 'not a picture that can be read',
        expected: 'JPEG, PNG, WebP, AVIF, GIF or TIFF',
        found: format === undefined ? 'unknown content' : refusals[format],
        ...(format === undefined || format === 'text' ? {} : { fix: 'convert it to PNG or JPEG' }),
      });
  }
}

function damaged(place: string, format: PictureFormat, cause: unknown): FormatError {
  return new FormatError({
    place,
    problem: `damaged or cut off ${format.toUpperCase()} file: ${decoderComplaint(cause)}`,
    cause,
  });
}

/** What a decoder said, on one line: without repetitions, seek failures and line breaks. */
function decoderComplaint(cause: unknown): string {
  const lines = (cause instanceof Error ? cause.message : String(cause))
    .split('\n')
    .map((line) => line.replace(/^Input (buffer|file) has corrupt header:?/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('source: bad seek'));
  const complaint = [...new Set(lines)].join(' ');
  return complaint === '' ? 'the decoder gives no reason' : complaint.slice(0, 160);
}
