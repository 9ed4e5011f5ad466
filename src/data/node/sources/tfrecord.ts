import { createReadStream } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { camvid, cityscapes, pascalVoc } from '../../../catalog/index.js';
import { FormatError } from '../../../core/errors.js';
import { decodeExample } from '../../../formats/tensorflow/example/index.js';
import { readRecords } from '../../../formats/tensorflow/record-file/index.js';
import { ade20k, ade20kIgnoreValue } from '../../ade20k-classes.js';
import type { DatasetClasses } from '../../dataset-source.js';
import {
  type DatasetListing,
  type FoundDataset,
  type LabelSetName,
  labelSetNames,
  type RecordLocation,
} from '../dataset-listing.js';
import { readDescription } from '../description-file.js';
import { namesIn } from '../folder-content.js';
import { encodedSample, sampleId } from '../tfrecord/segmentation-example.js';

/** The datasets whose TFRecord shards the original's scripts make, by name. */
const labelSets: Readonly<Record<LabelSetName, Classes>> = {
  voc: { ...pascalVoc, ignoreValue: 255 },
  cityscapes: { ...cityscapes, ignoreValue: 255 },
  ade20k: { ...ade20k, ignoreValue: ade20kIgnoreValue },
  camvid: { ...camvid, ignoreValue: 11 },
};

const shardName = /^(.+)-(\d{5})-of-(\d{5})\.tfrecord$/;

interface Classes extends DatasetClasses {
  readonly name: string;
}

/**
 * TFRecord shards as DeepLab's scripts write them: `SPLIT-00000-of-00004.tfrecord`, a
 * `tf.train.Example` per sample. Shards do not say what their labels mean: `dataset.json` beside
 * them does, or the name of a known dataset.
 *
 * Listing a split reads it once, because only the records themselves tell the samples' names.
 */
export async function findTfrecord(
  path: string,
  labelSet?: LabelSetName,
): Promise<FoundDataset | undefined> {
  const shards = new Map<string, string[]>();
  for (const name of await namesIn(path)) {
    const split = shardName.exec(name)?.[1];
    if (split !== undefined) shards.set(split, [...(shards.get(split) ?? []), name]);
  }
  if (shards.size === 0) return undefined;
  return {
    format: 'tfrecord',
    layout: 'TFRecord shards',
    root: path,
    splits: [...shards.keys()].sort(),
    list: async (split) => {
      const classes = await classesOf(path, labelSet);
      return listShards(path, split, shards.get(split) ?? [], classes);
    },
  };
}

async function classesOf(path: string, labelSet: LabelSetName | undefined): Promise<Classes> {
  if (labelSet !== undefined) return labelSets[labelSet];
  const described = await readDescription(path);
  if (described !== undefined) return { ...described, name: described.name ?? folderName(path) };
  throw new FormatError({
    place: path,
    problem: 'nothing says what the labels in the TFRecord shards mean',
    expected: `dataset.json beside them, or one of the label sets ${labelSetNames.join(', ')}`,
  });
}

function folderName(path: string): string {
  return basename(resolve(path));
}

async function listShards(
  root: string,
  split: string,
  names: readonly string[],
  classes: Classes,
): Promise<DatasetListing> {
  checkComplete(root, split, names);
  const samples: RecordLocation[] = [];
  let labelled = true;
  for (const name of names) {
    const shard = join(root, name);
    for await (const { index, offset, data } of readRecords(createReadStream(shard), shard)) {
      const place = `${shard}, record ${index}`;
      const example = decodeExample(data, place);
      const id = sampleId(example, place);
      if (samples.length === 0) labelled = encodedSample(example, place).label !== undefined;
      samples.push({ kind: 'record', id, shard, index, offset, length: data.length });
    }
  }
  return {
    name: classes.name,
    format: 'tfrecord',
    root,
    split,
    labels: classes.labels,
    palette: classes.palette,
    ignoreValue: classes.ignoreValue,
    coding: {},
    labelled,
    samples,
    labelOrigin: `${names.length} shards`,
  };
}

/** @throws FormatError where shards are missing: a set that is a quarter short trains unnoticed. */
function checkComplete(root: string, split: string, names: readonly string[]): void {
  const totals = new Set(names.map((name) => Number(shardName.exec(name)?.[3])));
  const [total = 0] = totals;
  if (totals.size === 1 && names.length === total) return;
  throw new FormatError({
    place: `${root}, split ${split}`,
    problem: 'the set of TFRecord shards is not complete, or two sets are mixed',
    expected: [...totals].map((count) => `${count} shards`).join(' or '),
    found: `${names.length}`,
  });
}
