import { readFile } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { pascalVoc } from '../../../catalog/index.js';
import { FormatError } from '../../../core/errors.js';
import { paletteMeanings } from '../../label-coding.js';
import type { DatasetListing, FileLocation, FoundDataset } from '../dataset-listing.js';
import { isFolder, namesIn } from '../folder-content.js';

const ignoreValue = 255;

/** Folders that may hold labels, the usual one of each split first. */
const officialFolders = ['SegmentationClass', 'SegmentationClassRaw', 'SegmentationClassAug'];
const augmentedFolders = ['SegmentationClassAug', 'SegmentationClassRaw', 'SegmentationClass'];

/**
 * PASCAL VOC 2012: `JPEGImages/ID.jpg`, lists `ImageSets/Segmentation/SPLIT.txt`, label PNGs in
 * `SegmentationClass` (palette), `SegmentationClassRaw` (grey, as DeepLab's preparation makes them)
 * or `SegmentationClassAug` (with the masks of SBD, which the list `train_aug` needs).
 *
 * @param path VOC2012, VOCdevkit or the folder that holds it.
 */
export async function findVoc(path: string): Promise<FoundDataset | undefined> {
  for (const root of [path, join(path, 'VOC2012'), join(path, 'VOCdevkit', 'VOC2012')]) {
    const lists = join(root, 'ImageSets', 'Segmentation');
    if (!(await isFolder(lists)) || !(await isFolder(join(root, 'JPEGImages')))) continue;
    const splits = (await namesIn(lists))
      .filter((name) => name.endsWith('.txt'))
      .map((name) => parse(name).name);
    return {
      format: 'voc',
      layout: 'PASCAL VOC 2012 layout',
      root,
      splits,
      list: (split) => listVoc(root, split, join(lists, `${split}.txt`)),
    };
  }
  return undefined;
}

async function listVoc(root: string, split: string, list: string): Promise<DatasetListing> {
  const lines = (await readFile(list, 'utf8'))
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const entries = lines.map((line, i) => parseLine(line, `${list} line ${i + 1}`));
  const ids = entries.map(({ id }) => id);
  const paired = entries.some(({ label }) => label !== undefined);
  const folder = paired ? undefined : await labelFolder(root, split, ids);
  const labelled = paired || folder !== undefined;
  const samples = entries.map(({ id, image, label }): FileLocation => {
    const labelPath = label ?? (folder === undefined ? undefined : join(folder, `${id}.png`));
    return {
      kind: 'files',
      id,
      image: join(root, image ?? join('JPEGImages', `${id}.jpg`)),
      ...(labelPath === undefined ? {} : { label: join(root, labelPath) }),
    };
  });
  return {
    name: 'PASCAL VOC 2012',
    format: 'voc',
    root,
    split,
    labels: pascalVoc.labels,
    palette: pascalVoc.palette,
    ignoreValue,
    coding: { colours: paletteMeanings(pascalVoc.palette, ignoreValue) },
    labelled,
    samples,
    labelOrigin: paired ? 'the list itself' : (folder ?? 'no folder'),
  };
}

interface ListEntry {
  readonly id: string;
  readonly image?: string;
  readonly label?: string;
}

/** A line is an id or, in some copies of the augmented list, the paths of image and label. */
function parseLine(line: string, place: string): ListEntry {
  const [image = '', label, extra] = line.split(/\s+/);
  if (label === undefined) return { id: image };
  if (extra === undefined && label.endsWith('.png')) {
    return { id: parse(image).name, image, label };
  }
  throw new FormatError({
    place,
    problem: 'not a line of a segmentation list',
    expected: 'an image name, or the paths of image and label',
    found: `"${line.slice(0, 80)}"`,
  });
}

/**
 * The folder with the labels of all the ids, else that with the most of them; undefined where none
 * has any, as for the test split.
 */
async function labelFolder(
  root: string,
  split: string,
  ids: readonly string[],
): Promise<string | undefined> {
  let best: string | undefined;
  let most = 0;
  for (const folder of /aug/i.test(split) ? augmentedFolders : officialFolders) {
    const names = new Set(await namesIn(join(root, folder)));
    const count = ids.filter((id) => names.has(`${id}.png`)).length;
    if (count > most) [best, most] = [folder, count];
  }
  return best;
}
