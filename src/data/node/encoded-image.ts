import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import type { RgbImage } from '../../image/index.js';
import { encodeOverlayPng } from '../../image/node/index.js';
import { type PictureFormat, sniffedLength, sniffFormat } from '../../image/node/picture-format.js';
import type { SampleLocation } from './dataset-listing.js';
import { readRecord } from './tfrecord/read-record.js';

/** An image file's content. */
export interface EncodedImage {
  readonly bytes: Uint8Array;
  readonly format: 'jpeg' | 'png';
}

/**
 * The image of a sample as a JPEG or PNG file: the original bytes where it is one, so that nothing
 * is lost, else a PNG of its pixels. Images that EXIF turns are re-encoded upright too, because
 * many readers of datasets, TensorFlow's among them, ignore EXIF.
 *
 * @param decoded the sample's image, upright.
 */
export async function encodedImage(
  location: SampleLocation,
  decoded: RgbImage,
): Promise<EncodedImage> {
  const bytes =
    location.kind === 'files' ? await readFile(location.image) : (await readRecord(location)).image;
  const format = sniffFormat(bytes.subarray(0, sniffedLength)) as PictureFormat | undefined;
  if (format === 'jpeg' || format === 'png') {
    const { orientation = 1 } = await sharp(bytes).metadata();
    if (orientation <= 1) return { bytes, format };
  }
  return { bytes: await encodeOverlayPng(decoded), format: 'png' };
}
