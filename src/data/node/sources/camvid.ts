import { join } from 'node:path';
import { camvid } from '../../../catalog/index.js';
import type { Rgb } from '../../../image/index.js';
import type { LabelCoding } from '../../label-coding.js';
import type { DatasetListing, FileLocation, FoundDataset } from '../dataset-listing.js';
import { foldersIn, isFolder, picturesIn } from '../folder-content.js';

/** The value after the 11 classes: void. */
const ignoreValue = 11;

/**
 * The 32 colours of the original label files by evaluated class, as the SegNet authors group them
 * (Badrinarayanan et al., 2015); black is void.
 */
const originalColours: Readonly<Record<string, readonly Rgb[]>> = {
  sky: [[128, 128, 128]],
  // Building, wall, bridge, tunnel, archway.
  building: [
    [128, 0, 0],
    [64, 192, 0],
    [0, 128, 64],
    [64, 0, 64],
    [192, 0, 128],
  ],
  // Column or pole, traffic cone.
  pole: [
    [192, 192, 128],
    [0, 0, 64],
  ],
  // Road, lane markings of both kinds.
  road: [
    [128, 64, 128],
    [128, 0, 192],
    [192, 0, 64],
  ],
  // Sidewalk, parking block, road shoulder; the second colour of sidewalks is SegNet's.
  pavement: [
    [0, 0, 192],
    [60, 40, 222],
    [64, 192, 128],
    [128, 128, 192],
  ],
  // Tree, other vegetation.
  tree: [
    [128, 128, 0],
    [192, 192, 0],
  ],
  // Sign, other text, traffic light.
  sign: [
    [192, 128, 128],
    [128, 128, 64],
    [0, 64, 64],
  ],
  fence: [[64, 64, 128]],
  // Car, pick-up or SUV, truck or bus, train, other moving things.
  car: [
    [64, 0, 128],
    [64, 128, 192],
    [192, 128, 192],
    [192, 64, 128],
    [128, 64, 64],
  ],
  // Pedestrian, child, cart or pram, animal.
  pedestrian: [
    [64, 64, 0],
    [192, 128, 64],
    [64, 0, 192],
    [64, 128, 64],
  ],
  // Bicyclist, motorcycle.
  bicyclist: [
    [0, 128, 192],
    [192, 0, 192],
  ],
};

const coding: LabelCoding = {
  colours: [
    { colour: [0, 0, 0], value: ignoreValue },
    ...camvid.labels.flatMap((label, value) =>
      (originalColours[label] ?? []).map((colour) => ({ colour, value })),
    ),
  ],
};

const stillsFolder = '701_StillsRaw_full';
const approvedFolder = 'LabeledApproved_full';

/**
 * CamVid, as SegNet's authors prepared it (`SPLIT/NAME.png` beside `SPLITannot/NAME.png`, values 0
 * to 11) or as published (`701_StillsRaw_full/NAME.png` and `LabeledApproved_full/NAME_L.png` in 32
 * colours, which become the 11 classes; one split, `all`).
 */
export async function findCamvid(path: string): Promise<FoundDataset | undefined> {
  if (await isFolder(join(path, stillsFolder))) {
    return {
      format: 'camvid',
      layout: 'CamVid layout as published',
      root: path,
      splits: ['all'],
      list: (split) => list(path, split, stillsFolder, approvedFolder, '_L.png'),
    };
  }
  const folders = await foldersIn(path);
  const splits = folders.filter((name) => folders.includes(`${name}annot`));
  if (splits.length === 0) return undefined;
  return {
    format: 'camvid',
    layout: 'CamVid layout of SegNet',
    root: path,
    splits,
    list: (split) => list(path, split, split, `${split}annot`, '.png'),
  };
}

async function list(
  root: string,
  split: string,
  images: string,
  labels: string,
  suffix: string,
): Promise<DatasetListing> {
  const labelled = await isFolder(join(root, labels));
  const samples = [...(await picturesIn(join(root, images)))].map(
    ([id, image]): FileLocation => ({
      kind: 'files',
      id,
      image,
      ...(labelled ? { label: join(root, labels, `${id}${suffix}`) } : {}),
    }),
  );
  return {
    name: 'CamVid',
    format: 'camvid',
    root,
    split,
    labels: camvid.labels,
    palette: camvid.palette,
    ignoreValue,
    coding,
    labelled,
    samples,
    labelOrigin: labelled ? labels : 'no folder',
  };
}
