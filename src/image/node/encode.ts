import sharp from 'sharp';
import { messageOf, OutputError } from '../../core/errors.js';
import type { LabelMap, RgbImage } from '../image.js';
import { type Palette, voidColour } from '../palette.js';
import { writePng } from './png/write-png.js';

/**
 * An RGB picture as PNG.
 *
 * Compression level 2 with filters: a 4000x2660 overlay of a grainy photograph takes 0.46 s and
 * 11.9 MB on one core; level 6 makes that 1.0 s and 10.0 MB, no filters 0.45 s and 22.6 MB.
 *
 * @throws OutputError where the picture is too large for a PNG.
 */
export async function encodeOverlayPng(image: RgbImage): Promise<Uint8Array> {
  const { width, height, data } = image;
  try {
    return await sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false })
      .png({ compressionLevel: 2, adaptiveFiltering: true })
      .toBuffer();
  } catch (cause) {
    throw new OutputError({
      place: `PNG ${width}x${height}`,
      problem: `could not be encoded: ${messageOf(cause)}`,
      cause,
    });
  }
}

/**
 * A label map as PNG whose samples are the class indices.
 *
 * 8-bit maps become palette pictures, as PASCAL VOC's label files are: index = class, shown in the
 * palette's colours, void colour for indices beyond it. 16-bit maps become 16-bit grey.
 */
export async function encodeMaskPng(labels: LabelMap, palette: Palette): Promise<Uint8Array> {
  const { width, height, data } = labels;
  if (data instanceof Uint16Array) {
    return writePng({ width, height, bitDepth: 16, samples: bigEndian(data) });
  }
  return writePng({
    width,
    height,
    bitDepth: 8,
    samples: data,
    palette: paletteBytes(palette, highest(data) + 1),
  });
}

/** Red, green and blue of each index; readers demand an entry for every index in use. */
function paletteBytes(palette: Palette, used: number): Uint8Array {
  const count = Math.min(256, Math.max(palette.length, used));
  const bytes = new Uint8Array(count * 3);
  for (let index = 0; index < count; index++) bytes.set(palette[index] ?? voidColour, index * 3);
  return bytes;
}

function highest(labels: Uint8Array): number {
  let most = 0;
  for (let i = 0; i < labels.length; i++) most = Math.max(most, labels[i] as number);
  return most;
}

function bigEndian(labels: Uint16Array): Uint8Array {
  const bytes = new Uint8Array(labels.length * 2);
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] as number;
    bytes[i * 2] = label >> 8;
    bytes[i * 2 + 1] = label;
  }
  return bytes;
}
