import { basename, dirname, join, resolve } from 'node:path';
import { FormatError } from '../../../core/errors.js';
import type { DescribedClasses } from '../../dataset-description.js';
import type { DatasetListing, FileLocation, FoundDataset } from '../dataset-listing.js';
import { readDescription } from '../description-file.js';
import { foldersIn, isFolder, picturesIn } from '../folder-content.js';

/**
 * Any pictures: `SPLIT/images/NAME.jpg` (or another picture format) beside `SPLIT/labels/NAME.png`,
 * described by `dataset.json`. A split without `labels` is a test split.
 *
 * @param path the folder with `dataset.json`, one of its splits, or a folder that has `images`,
 *   `labels` and `dataset.json` itself, which is one split called `all`.
 */
export async function findFolder(path: string): Promise<FoundDataset | undefined> {
  const own = await readDescription(path);
  const isSplit = await isFolder(join(path, 'images'));
  if (own !== undefined) {
    const splits = isSplit ? ['all'] : await splitsIn(path);
    if (splits.length === 0) return undefined;
    return found(path, splits, own, (split) => (isSplit ? path : join(path, split)));
  }
  if (!isSplit || !(await isFolder(join(path, 'labels')))) return undefined;
  const parent = dirname(resolve(path));
  const described = await readDescription(parent);
  if (described === undefined) {
    throw new FormatError({
      place: path,
      problem: 'it has images and labels, but no dataset.json says what the labels mean',
      fix: `write ${join(path, 'dataset.json')}, at least {"classes": ["background", "cat"]}`,
    });
  }
  return found(parent, [basename(resolve(path))], described, () => path);
}

async function splitsIn(root: string): Promise<readonly string[]> {
  const folders = await foldersIn(root);
  const have = await Promise.all(folders.map((name) => isFolder(join(root, name, 'images'))));
  return folders.filter((_, i) => have[i] === true);
}

function found(
  root: string,
  splits: readonly string[],
  classes: DescribedClasses,
  folderOf: (split: string) => string,
): FoundDataset {
  return {
    format: 'folder',
    layout: 'folder with dataset.json',
    root,
    splits,
    list: (split) => listFolder(root, folderOf(split), split, classes),
  };
}

async function listFolder(
  root: string,
  folder: string,
  split: string,
  classes: DescribedClasses,
): Promise<DatasetListing> {
  const labels = join(folder, 'labels');
  const labelled = await isFolder(labels);
  const samples = [...(await picturesIn(join(folder, 'images')))].map(
    ([id, image]): FileLocation => ({
      kind: 'files',
      id,
      image,
      ...(labelled ? { label: join(labels, `${id}.png`) } : {}),
    }),
  );
  return {
    name: classes.name ?? basename(resolve(root)),
    format: 'folder',
    root,
    split,
    labels: classes.labels,
    palette: classes.palette,
    ignoreValue: classes.ignoreValue,
    coding: classes.coding,
    labelled,
    samples,
    labelOrigin: labelled ? 'labels' : 'no folder',
  };
}
