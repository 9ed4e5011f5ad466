import { join } from 'node:path';
import { ade20k, ade20kIgnoreValue } from '../../ade20k-classes.js';
import type { DatasetListing, FileLocation, FoundDataset } from '../dataset-listing.js';
import { foldersIn, isFolder, picturesIn } from '../folder-content.js';

/** DeepLab's split names. */
const aliases = { train: 'training', val: 'validation' };

/**
 * ADE20K (ADEChallengeData2016): `images/SPLIT/NAME.jpg` and `annotations/SPLIT/NAME.png`.
 *
 * Values keep their meaning, as in DeepLab: 0 is everything outside the 150 classes, is ignored,
 * and still has an output of its own, so that a network has 151 of them.
 */
export async function findAde20k(path: string): Promise<FoundDataset | undefined> {
  for (const root of [path, join(path, 'ADEChallengeData2016')]) {
    const splits = (await foldersIn(join(root, 'images'))).filter((name) =>
      ['training', 'validation', 'testing'].includes(name),
    );
    if (splits.length === 0) continue;
    return {
      format: 'ade20k',
      layout: 'ADE20K layout',
      root,
      splits,
      aliases,
      list: (split) => listAde20k(root, split),
    };
  }
  return undefined;
}

async function listAde20k(root: string, split: string): Promise<DatasetListing> {
  const annotations = join(root, 'annotations', split);
  const labelled = await isFolder(annotations);
  const pictures = await picturesIn(join(root, 'images', split));
  const samples = [...pictures].map(
    ([id, image]): FileLocation => ({
      kind: 'files',
      id,
      image,
      ...(labelled ? { label: join(annotations, `${id}.png`) } : {}),
    }),
  );
  return {
    name: 'ADE20K',
    format: 'ade20k',
    root,
    split,
    labels: ade20k.labels,
    palette: ade20k.palette,
    ignoreValue: ade20kIgnoreValue,
    // Two of its classes share a colour, so that RGB label files cannot be read back.
    coding: {},
    labelled,
    samples,
    labelOrigin: labelled ? `annotations/${split}` : 'no folder',
  };
}
