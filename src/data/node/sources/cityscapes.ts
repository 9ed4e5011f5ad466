import { join } from 'node:path';
import { cityscapes } from '../../../catalog/index.js';
import type { LabelCoding } from '../../label-coding.js';
import type { DatasetListing, FileLocation, FoundDataset } from '../dataset-listing.js';
import { foldersIn, isFolder, namesIn } from '../folder-content.js';

const ignoreValue = 255;

/** Label id of each train id; of the other ids, 0 to 33, none is evaluated. */
export const cityscapesLabelIds: readonly number[] = [
  7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33,
];

/** Train id of each label id; ids from 34 on do not exist and stay, to be found by a check. */
const trainIds = Array.from({ length: 34 }, (_, labelId) => {
  const trainId = cityscapesLabelIds.indexOf(labelId);
  return trainId < 0 ? ignoreValue : trainId;
});

/** The split names of DeepLab's own preparation. */
const aliases = { train_fine: 'train', val_fine: 'val', test_fine: 'test' };

/**
 * Cityscapes: `leftImg8bit/SPLIT/CITY/NAME_leftImg8bit.png` with labels in `gtFine` (or `gtCoarse`,
 * where a split has no fine ones): `NAME_gtFine_labelTrainIds.png` where every image has it, else
 * `NAME_gtFine_labelIds.png`, mapped to train ids. The test split's placeholders are no labels.
 */
export async function findCityscapes(path: string): Promise<FoundDataset | undefined> {
  const images = join(path, 'leftImg8bit');
  if (!(await isFolder(images))) return undefined;
  return {
    format: 'cityscapes',
    layout: 'Cityscapes layout',
    root: path,
    splits: await foldersIn(images),
    aliases,
    list: (split) => listCityscapes(path, split),
  };
}

interface NamedImage {
  readonly id: string;
  readonly city: string;
}

async function listCityscapes(root: string, split: string): Promise<DatasetListing> {
  const images: NamedImage[] = [];
  const suffix = '_leftImg8bit.png';
  for (const city of await foldersIn(join(root, 'leftImg8bit', split))) {
    for (const name of await namesIn(join(root, 'leftImg8bit', split, city))) {
      if (name.endsWith(suffix)) images.push({ id: name.slice(0, -suffix.length), city });
    }
  }
  const labels = split === 'test' ? undefined : await chooseLabels(root, split, images);
  const samples = images.map(
    ({ id, city }): FileLocation => ({
      kind: 'files',
      id,
      image: join(root, 'leftImg8bit', split, city, `${id}${suffix}`),
      ...(labels === undefined
        ? {}
        : { label: join(root, labels.folder, split, city, `${id}${labels.suffix}`) }),
    }),
  );
  return {
    name: 'Cityscapes',
    format: 'cityscapes',
    root,
    split,
    labels: cityscapes.labels,
    palette: cityscapes.palette,
    ignoreValue,
    coding: labels?.coding ?? {},
    labelled: labels !== undefined,
    samples,
    labelOrigin: labels === undefined ? 'no folder' : `${labels.folder} ${labels.kind}`,
  };
}

interface ChosenLabels {
  readonly folder: string;
  readonly kind: 'labelTrainIds' | 'labelIds';
  readonly suffix: string;
  readonly coding: LabelCoding;
}

/** Train ids where every image has them, else label ids; undefined where there is neither. */
async function chooseLabels(
  root: string,
  split: string,
  images: readonly NamedImage[],
): Promise<ChosenLabels | undefined> {
  for (const folder of ['gtFine', 'gtCoarse']) {
    const present = new Set<string>();
    for (const city of await foldersIn(join(root, folder, split))) {
      for (const name of await namesIn(join(root, folder, split, city))) {
        present.add(`${city}/${name}`);
      }
    }
    const having = (kind: string): number =>
      images.filter(({ id, city }) => present.has(`${city}/${id}_${folder}_${kind}.png`)).length;
    if (images.length > 0 && having('labelTrainIds') === images.length) {
      const suffix = `_${folder}_labelTrainIds.png`;
      return { folder, kind: 'labelTrainIds', suffix, coding: {} };
    }
    if (having('labelIds') > 0) {
      const suffix = `_${folder}_labelIds.png`;
      return { folder, kind: 'labelIds', suffix, coding: { values: trainIds } };
    }
  }
  return undefined;
}
