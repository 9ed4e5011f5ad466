import { parse } from 'node:path';
import {
  bytesFeature,
  type Example,
  type Feature,
  int64Feature,
  singleBytes,
  singleText,
  textFeature,
} from '../../../formats/tensorflow/example/index.js';

/** The features of a segmentation sample, under the names that DeepLab's scripts write. */
const keys = {
  image: 'image/encoded',
  filename: 'image/filename',
  format: 'image/format',
  height: 'image/height',
  width: 'image/width',
  channels: 'image/channels',
  label: 'image/segmentation/class/encoded',
  labelFormat: 'image/segmentation/class/format',
} as const;

/** A sample as TFRecord shards hold it: files inside a record. */
export interface SegmentationExample {
  readonly filename: string;
  /** A JPEG or PNG file. */
  readonly image: Uint8Array;
  readonly format: 'jpeg' | 'png';
  readonly width: number;
  readonly height: number;
  /** A PNG file of one channel; absent in test splits. */
  readonly label?: Uint8Array;
}

/** The sample as a `tf.train.Example` with the original's keys. */
export function toExample(sample: SegmentationExample): Example {
  const { filename, image, format, width, height, label } = sample;
  const features: [string, Feature][] = [
    [keys.image, bytesFeature(image)],
    [keys.filename, textFeature(filename)],
    [keys.format, textFeature(format)],
    [keys.height, int64Feature(height)],
    [keys.width, int64Feature(width)],
    [keys.channels, int64Feature(3)],
  ];
  if (label !== undefined) {
    features.push([keys.label, bytesFeature(label)], [keys.labelFormat, textFeature('png')]);
  }
  return new Map(features);
}

/** What is needed of an example to train; the formats show in the content. */
export interface EncodedSample {
  readonly image: Uint8Array;
  readonly label: Uint8Array | undefined;
}

/**
 * Image and label of an example.
 *
 * @throws FormatError where there is no image, or where a feature has the wrong kind.
 */
export function encodedSample(example: Example, place: string): EncodedSample {
  const image = singleBytes(example, keys.image, place);
  const label = example.has(keys.label) ? singleBytes(example, keys.label, place) : undefined;
  // Test splits written by the original hold an empty text.
  return { image, label: label?.length === 0 ? undefined : label };
}

/** The sample's name: its file name without folders and picture ending. */
export function sampleId(example: Example, place: string): string {
  const { base } = parse(singleText(example, keys.filename, place));
  return base.replace(/\.(jpe?g|png)$/i, '');
}
