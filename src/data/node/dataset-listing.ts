import type { DatasetClasses } from '../dataset-source.js';
import type { LabelCoding } from '../label-coding.js';

/** The layouts of datasets on disk, in the order in which they are tried. */
export const datasetFormats = [
  'tfrecord',
  'folder',
  'voc',
  'cityscapes',
  'ade20k',
  'camvid',
] as const;

export type DatasetFormat = (typeof datasetFormats)[number];

/** The datasets whose classes are known by name. */
export const labelSetNames = ['voc', 'cityscapes', 'ade20k', 'camvid'] as const;

export type LabelSetName = (typeof labelSetNames)[number];

/** Where the files of a sample are; plain data, so that any thread can read it. */
export type SampleLocation = FileLocation | RecordLocation;

/** A sample in files of its own. */
export interface FileLocation {
  readonly kind: 'files';
  readonly id: string;
  readonly image: string;
  readonly label?: string;
}

/** A sample in a TFRecord shard. */
export interface RecordLocation {
  readonly kind: 'record';
  readonly id: string;
  readonly shard: string;
  /** Number of the record in its shard, from 0. */
  readonly index: number;
  /** Byte at which the record's frame begins, and length of the data in it. */
  readonly offset: number;
  readonly length: number;
}

/** A split of a dataset on disk, with nothing read yet; plain data. */
export interface DatasetListing extends DatasetClasses {
  readonly name: string;
  readonly format: DatasetFormat;
  /** The folder that holds the dataset. */
  readonly root: string;
  readonly split: string;
  readonly coding: LabelCoding;
  readonly labelled: boolean;
  readonly samples: readonly SampleLocation[];
  /** Where the labels come from, in words: a folder's name, a kind of file. */
  readonly labelOrigin: string;
}

/** A dataset that was recognised on disk. */
export interface FoundDataset {
  readonly format: DatasetFormat;
  /** The layout in words. */
  readonly layout: string;
  readonly root: string;
  readonly splits: readonly string[];
  /** Other names that splits go by. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** Lists a split's samples; whether the files exist is checked later, for all layouts alike. */
  list(split: string): Promise<DatasetListing>;
}
