import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { FormatError, OptionError } from '../../core/errors.js';
import {
  type DatasetFormat,
  type DatasetListing,
  datasetFormats,
  type FoundDataset,
  type LabelSetName,
} from './dataset-listing.js';
import { namesIn } from './folder-content.js';
import { ListedSource } from './listed-source.js';
import { chooseSamples, type SampleChoice } from './sample-choice.js';
import { findAde20k } from './sources/ade20k.js';
import { findCamvid } from './sources/camvid.js';
import { findCityscapes } from './sources/cityscapes.js';
import { findFolder } from './sources/folder.js';
import { findTfrecord } from './sources/tfrecord.js';
import { findVoc } from './sources/voc.js';

/** What of a dataset is opened. */
export interface OpenDatasetOptions extends SampleChoice {
  /** May be left out where the dataset has a single split. */
  readonly split?: string;
  /** Layout of the folder; by default it is recognised. */
  readonly format?: DatasetFormat;
  /** Classes of TFRecord shards that have no `dataset.json` beside them. */
  readonly labelSet?: LabelSetName;
  /** Accepts listed images and labels that do not exist; reading them fails. Defaults to false. */
  readonly allowMissing?: boolean;
}

type Finder = (path: string, options: OpenDatasetOptions) => Promise<FoundDataset | undefined>;

const finders: Readonly<Record<DatasetFormat, Finder>> = {
  tfrecord: (path, options) => findTfrecord(path, options.labelSet),
  folder: findFolder,
  voc: findVoc,
  cityscapes: findCityscapes,
  ade20k: findAde20k,
  camvid: findCamvid,
};

/** What each layout is recognised by. */
const marks: Readonly<Record<DatasetFormat, string>> = {
  tfrecord: 'SPLIT-00000-of-00004.tfrecord',
  folder: 'dataset.json with SPLIT/images and SPLIT/labels',
  voc: 'JPEGImages with ImageSets/Segmentation',
  cityscapes: 'leftImg8bit with gtFine',
  ade20k: 'images/training with annotations/training',
  camvid: 'train with trainannot, or 701_StillsRaw_full',
};

/**
 * Recognises a dataset on disk: its layout and its splits, with no pictures read.
 *
 * @throws FormatError where nothing is recognised, saying what was looked for.
 */
export async function findDataset(
  path: string,
  options: OpenDatasetOptions = {},
): Promise<FoundDataset> {
  await checkFolder(path);
  const formats = options.format === undefined ? datasetFormats : [options.format];
  for (const format of formats) {
    const found = await finders[format](path, options);
    if (found === undefined) continue;
    if (found.splits.length === 0) {
      throw new FormatError({ place: found.root, problem: `a ${found.layout} without any split` });
    }
    return found;
  }
  const names = await namesIn(path);
  const more = names.length > 8 ? ', …' : '';
  throw new FormatError({
    place: path,
    problem: 'no dataset that is known',
    expected: formats.map((format) => `${marks[format]} (${format})`).join('; '),
    found: names.length === 0 ? 'an empty folder' : `${names.slice(0, 8).join(', ')}${more}`,
  });
}

/**
 * Opens a split of a dataset on disk; `description` of the result says what was recognised.
 *
 * @param path the dataset's folder; of a folder dataset, also one of its splits.
 * @throws FormatError where the dataset is not recognised, is empty, or lists files that do not
 *   exist; OptionError, naming the splits there are, where there is no such split.
 */
export async function openDataset(
  path: string,
  options: OpenDatasetOptions = {},
): Promise<ListedSource> {
  const found = await findDataset(path, options);
  const split = chooseSplit(found, options.split);
  const listing = await found.list(split);
  const place = `${found.root}, split ${split}`;
  if (listing.samples.length === 0) {
    throw new FormatError({ place, problem: 'the dataset is empty: it lists no image' });
  }
  checkUnique(listing, place);
  const chosen = chooseSamples(listing, options, place);
  if (options.allowMissing !== true) await checkFilesExist(chosen, place);
  return new ListedSource(chosen, found.layout);
}

async function checkFolder(path: string): Promise<void> {
  const entry = await stat(path).catch(() => undefined);
  if (entry?.isDirectory()) return;
  throw new FormatError({
    place: path,
    problem: entry === undefined ? 'no such folder' : 'not a folder',
    expected: 'the folder of a dataset',
  });
}

function chooseSplit(found: FoundDataset, wanted: string | undefined): string {
  const [only] = found.splits;
  if (wanted === undefined && only !== undefined && found.splits.length === 1) return only;
  const split = found.splits.find((name) => name === wanted);
  if (split !== undefined) return split;
  const meant = wanted === undefined ? undefined : found.aliases?.[wanted];
  if (meant !== undefined && found.splits.includes(meant)) return meant;
  throw new OptionError({
    place: found.root,
    problem: wanted === undefined ? 'which split is not said' : `no split "${wanted}"`,
    expected: `one of ${found.splits.join(', ')}`,
  });
}

function checkUnique(listing: DatasetListing, place: string): void {
  const seen = new Set<string>();
  for (const { id } of listing.samples) {
    if (seen.has(id)) {
      throw new FormatError({ place, problem: `the sample "${id}" is listed twice` });
    }
    seen.add(id);
  }
}

/** Compares the listing with what the folders hold: one look per folder, not one per file. */
async function checkFilesExist(listing: DatasetListing, place: string): Promise<void> {
  const folders = new Map<string, Promise<ReadonlySet<string>>>();
  const exists = async (path: string): Promise<boolean> => {
    const folder = dirname(path);
    const names = folders.get(folder) ?? namesIn(folder).then((all) => new Set(all));
    folders.set(folder, names);
    return (await names).has(basename(path));
  };
  const missing: Record<'images' | 'labels', string[]> = { images: [], labels: [] };
  for (const sample of listing.samples) {
    if (sample.kind !== 'files') continue;
    if (!(await exists(sample.image))) missing.images.push(sample.image);
    if (sample.label !== undefined && !(await exists(sample.label))) {
      missing.labels.push(sample.label);
    }
  }
  for (const [kind, files] of Object.entries(missing)) {
    if (files.length === 0) continue;
    throw new FormatError({
      place,
      problem: `${files.length} of ${listing.samples.length} ${kind} do not exist`,
      found: `first missing: ${files[0]}`,
      ...(listing.format === 'voc' && kind === 'labels' && /aug/i.test(listing.split)
        ? { fix: 'put the masks of SBD into SegmentationClassAug' }
        : {}),
    });
  }
}
