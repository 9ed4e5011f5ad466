import { readFile } from 'node:fs/promises';
import { AtrousError, FormatError, messageOf } from '../../core/errors.js';
import type { LabelMap, RgbImage, Size } from '../../image/index.js';
import { decodeImage } from '../../image/node/index.js';
import type { Sample } from '../dataset-source.js';
import type { LabelCoding } from '../label-coding.js';
import type { SampleLocation } from './dataset-listing.js';
import { readLabel } from './read-label.js';
import { readRecord } from './tfrecord/read-record.js';

/** Reads image and label of a sample; every error names the sample and the file. */
export async function readSample(location: SampleLocation, coding: LabelCoding): Promise<Sample> {
  const { id } = location;
  return named(id, async () => {
    const content = await contentOf(location);
    const [image, label] = await Promise.all([content.image(), content.label(coding)]);
    if (label === undefined) return { id, image };
    checkSameSize(image, label, content.labelPlace);
    return { id, image, label };
  });
}

/** As `readSample`, the image alone. */
export function readSampleImage(location: SampleLocation): Promise<RgbImage> {
  return named(location.id, async () => (await contentOf(location)).image());
}

/** As `readSample`, the label alone. */
export function readSampleLabel(
  location: SampleLocation,
  coding: LabelCoding,
): Promise<LabelMap | undefined> {
  return named(location.id, async () => (await contentOf(location)).label(coding));
}

/** A sample's content, not yet decoded. */
interface SampleContent {
  readonly labelPlace: string;
  image(): Promise<RgbImage>;
  label(coding: LabelCoding): Promise<LabelMap | undefined>;
}

async function contentOf(location: SampleLocation): Promise<SampleContent> {
  switch (location.kind) {
    case 'files': {
      const { image, label } = location;
      return {
        labelPlace: label ?? image,
        image: () => decodeImage(image),
        label: async (coding) =>
          label === undefined ? undefined : readLabel(await readLabelFile(label), coding, label),
      };
    }
    case 'record': {
      const { shard } = location;
      const record = await readRecord(location);
      const labelPlace = `${shard}, image/segmentation/class/encoded`;
      return {
        labelPlace,
        image: () => decodeImage(record.image, { name: `${shard}, image/encoded` }),
        label: async (coding) =>
          record.label === undefined ? undefined : readLabel(record.label, coding, labelPlace),
      };
    }
  }
}

/** @throws FormatError where a label and its image differ in size. */
export function checkSameSize(image: Size, label: Size, place: string): void {
  if (image.width === label.width && image.height === label.height) return;
  const turned = image.width === label.height && image.height === label.width;
  throw new FormatError({
    place,
    problem: "the label's size is not its image's",
    expected: `${image.width}x${image.height}`,
    found: `${label.width}x${label.height}`,
    fix: turned
      ? 'the sides are exchanged: was the image turned by its EXIF orientation after labelling?'
      : 'scale one of them, labels by nearest neighbour',
  });
}

async function readLabelFile(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    throw new FormatError({
      place: path,
      problem: code === 'ENOENT' ? 'no such file' : `cannot be read: ${messageOf(cause)}`,
      cause,
    });
  }
}

/** Puts the sample's id in front of an error's place. */
async function named<T>(id: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const { problem, place, expected, found, fix } =
      cause instanceof AtrousError
        ? cause
        : {
            problem: messageOf(cause),
            place: 'reading',
            expected: undefined,
            found: undefined,
            fix: undefined,
          };
    throw new FormatError({
      place: `sample "${id}", ${place}`,
      problem,
      ...(expected === undefined ? {} : { expected }),
      ...(found === undefined ? {} : { found }),
      ...(fix === undefined ? {} : { fix }),
      cause,
    });
  }
}
