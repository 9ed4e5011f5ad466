import { afterAll, beforeAll } from 'vitest';
import { camvid, cityscapes, pascalVoc } from '../../../catalog/index.js';
import type { LabelMap, Palette } from '../../../image/index.js';
import { ade20k } from '../../ade20k-classes.js';
import {
  datasetSourceConformance,
  type SourceUnderTest,
} from '../../dataset-source.conformance.js';
import { convertDataset } from '../convert/convert-dataset.js';
import { blockLabel, DatasetFolder, labelFiles, pictureFile } from '../dataset.fixture.js';
import { openDataset } from '../open-dataset.js';
import { cityscapesLabelIds } from './cityscapes.js';

let folder: DatasetFolder;
beforeAll(async () => {
  folder = await DatasetFolder.make();
});
afterAll(() => folder.remove());

const vocLabel = (id: string): LabelMap => blockLabel(id, [0, 8, 12, 255, 20]);

/** Writes VOC's files: images of all ids, lists, and labels of some ids in some folders. */
async function writeVoc(
  root: string,
  lists: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, readonly string[]>>,
  kind: 'palette' | 'grey' | 'rgb',
): Promise<void> {
  const base = `${root}/VOCdevkit/VOC2012`;
  for (const [split, text] of Object.entries(lists)) {
    await folder.write(`${base}/ImageSets/Segmentation/${split}.txt`, text);
    for (const id of text.match(/\d{4}_\d{6}/g) ?? []) {
      const file = await pictureFile(vocLabel(id), pascalVoc.palette);
      await folder.write(`${base}/JPEGImages/${id}.jpg`, file);
    }
  }
  for (const [name, ids] of Object.entries(labels)) {
    for (const id of ids) {
      const file = await labelFiles[kind](vocLabel(id), pascalVoc.palette);
      await folder.write(`${base}/${name}/${id}.png`, file);
    }
  }
}

datasetSourceConformance('VOC, official list, palette', async () => {
  const ids = ['2007_000032', '2007_000039'];
  await writeVoc(
    'voc',
    { train: `${ids.join('\n')}\n`, val: '2008_000002\r\n' },
    {
      SegmentationClass: [...ids, '2008_000002'],
    },
    'palette',
  );
  const source = await openDataset(folder.path('voc'), { split: 'train' });
  return { source, ids, labelOf: vocLabel };
});

datasetSourceConformance('VOC, augmented list with masks of SBD, grey', async () => {
  const official = ['2007_000032'];
  const ids = [...official, '2010_000001', '2011_000002'];
  const lists = { train: official.join('\n'), train_aug: ids.join('\n') };
  await writeVoc(
    'voc-aug',
    lists,
    { SegmentationClass: official, SegmentationClassAug: ids },
    'grey',
  );
  const path = folder.path('voc-aug', 'VOCdevkit');
  return { source: await openDataset(path, { split: 'train_aug' }), ids, labelOf: vocLabel };
});

datasetSourceConformance('VOC, raw labels and a list of paths', async () => {
  const ids = ['2010_000001', '2011_000002'];
  const lines = ids.map((id) => `/JPEGImages/${id}.jpg /SegmentationClassRaw/${id}.png`);
  await writeVoc('voc-raw', { trainaug: lines.join('\n') }, { SegmentationClassRaw: ids }, 'grey');
  const path = folder.path('voc-raw', 'VOCdevkit', 'VOC2012');
  return { source: await openDataset(path), ids, labelOf: vocLabel };
});

datasetSourceConformance('VOC, labels in RGB', async () => {
  const ids = ['2010_000001'];
  await writeVoc('voc-rgb', { val: ids.join('\n') }, {}, 'rgb');
  for (const id of ids) {
    const label = vocLabel(id);
    const palette: Palette = [...pascalVoc.palette, ...new Array(235).fill([224, 224, 192])];
    const name = `voc-rgb/VOCdevkit/VOC2012/SegmentationClass/${id}.png`;
    await folder.write(name, await labelFiles.rgb(label, palette));
  }
  return { source: await openDataset(folder.path('voc-rgb')), ids, labelOf: vocLabel };
});

datasetSourceConformance('VOC, test split without labels', async () => {
  const ids = ['2008_000006'];
  await writeVoc('voc-test', { test: ids.join('\n') }, {}, 'palette');
  return { source: await openDataset(folder.path('voc-test')), ids };
});

const trainIdLabel = (id: string): LabelMap => blockLabel(id, [0, 10, 13, 18, 255]);

/** The label ids from which the train ids come; 4 is one of those that are not evaluated. */
function labelIdsOf(label: LabelMap): LabelMap {
  return { ...label, data: label.data.map((value) => cityscapesLabelIds[value] ?? 4) };
}

async function cityscapesUnderTest(
  root: string,
  split: string,
  kind: 'labelIds' | 'labelTrainIds',
): Promise<SourceUnderTest> {
  const ids = ['aachen_000000_000019', 'aachen_000001_000019', 'bonn_000000_000019'];
  for (const id of ids) {
    const label = trainIdLabel(id);
    const city = id.split('_')[0];
    const image = await pictureFile(label, cityscapes.palette);
    await folder.write(`${root}/leftImg8bit/train/${city}/${id}_leftImg8bit.png`, image);
    const stored = kind === 'labelIds' ? labelIdsOf(label) : label;
    const file = await labelFiles.grey(stored);
    await folder.write(`${root}/gtFine/train/${city}/${id}_gtFine_${kind}.png`, file);
    // Files that are no labels for this.
    await folder.write(`${root}/gtFine/train/${city}/${id}_gtFine_instanceIds.png`, 'unused');
  }
  const source = await openDataset(folder.path(root), { split });
  return { source, ids, labelOf: trainIdLabel };
}

datasetSourceConformance('Cityscapes, label ids', () =>
  cityscapesUnderTest('cityscapes-ids', 'train', 'labelIds'),
);
datasetSourceConformance('Cityscapes, train ids, split by its other name', () =>
  cityscapesUnderTest('cityscapes-train-ids', 'train_fine', 'labelTrainIds'),
);

datasetSourceConformance('ADE20K', async () => {
  const ids = ['ADE_val_00000001', 'ADE_val_00000002'];
  const labelOf = (id: string): LabelMap => blockLabel(id, [0, 1, 13, 150]);
  for (const id of ids) {
    const base = 'ade/ADEChallengeData2016';
    const label = labelOf(id);
    await folder.write(
      `${base}/images/validation/${id}.jpg`,
      await pictureFile(label, ade20k.palette),
    );
    const file = await labelFiles.grey(label);
    await folder.write(`${base}/annotations/validation/${id}.png`, file);
  }
  return { source: await openDataset(folder.path('ade'), { split: 'val' }), ids, labelOf };
});

const camvidLabel = (id: string): LabelMap => blockLabel(id, [0, 4, 10, 11]);

datasetSourceConformance('CamVid as SegNet has it', async () => {
  const ids = ['0001TP_006690', '0001TP_006720'];
  for (const id of ids) {
    const label = camvidLabel(id);
    await folder.write(`segnet/train/${id}.png`, await pictureFile(label, camvid.palette));
    await folder.write(`segnet/trainannot/${id}.png`, await labelFiles.grey(label));
  }
  return { source: await openDataset(folder.path('segnet')), ids, labelOf: camvidLabel };
});

datasetSourceConformance('CamVid as published, 32 colours', async () => {
  const ids = ['0001TP_006690'];
  // Sidewalk and void have other colours here than in the palette of the 11 classes.
  const colours: Palette = [
    ...camvid.palette.slice(0, 4),
    [0, 0, 192],
    ...camvid.palette.slice(5),
    [0, 0, 0],
  ];
  for (const id of ids) {
    const label = camvidLabel(id);
    await folder.write(
      `camvid/701_StillsRaw_full/${id}.png`,
      await pictureFile(label, camvid.palette),
    );
    const file = await labelFiles.rgb(label, colours);
    await folder.write(`camvid/LabeledApproved_full/${id}_L.png`, file);
  }
  return { source: await openDataset(folder.path('camvid')), ids, labelOf: camvidLabel };
});

const petPalette: Palette = [
  [10, 20, 30],
  [200, 0, 0],
  [0, 200, 0],
];
const petLabel = (id: string): LabelMap => blockLabel(id, [0, 1, 2, 9]);
const petDescription = JSON.stringify({
  name: 'Pets',
  classes: ['nothing', 'cat', 'dog'],
  palette: petPalette,
  ignore: 9,
  ignoreColours: [[0, 0, 255]],
});

async function writePets(root: string, kind: keyof typeof labelFiles): Promise<readonly string[]> {
  await folder.write(`${root}/dataset.json`, petDescription);
  const colours: Palette = [...petPalette, ...new Array(6).fill([0, 0, 0]), [0, 0, 255]];
  const ids = ['a', 'b', 'c', 'd', 'e'];
  for (const id of ids) {
    const label = petLabel(id);
    await folder.write(`${root}/train/images/${id}.png`, await pictureFile(label, petPalette));
    await folder.write(`${root}/train/labels/${id}.png`, await labelFiles[kind](label, colours));
  }
  return ids;
}

for (const kind of ['palette', 'grey', 'rgb'] as const) {
  datasetSourceConformance(`folder, ${kind} labels`, async () => {
    const ids = await writePets(`pets-${kind}`, kind);
    const path = folder.path(`pets-${kind}`);
    return { source: await openDataset(path, { split: 'train' }), ids, labelOf: petLabel };
  });
}

datasetSourceConformance('folder, opened by its split', async () => {
  const ids = await writePets('pets-split', 'grey');
  const source = await openDataset(folder.path('pets-split', 'train'));
  return { source, ids, labelOf: petLabel };
});

datasetSourceConformance('TFRecord shards', async () => {
  const ids = await writePets('pets-records', 'palette');
  const source = await openDataset(folder.path('pets-records'), { split: 'train' });
  await convertDataset(source, folder.path('records'), { to: 'tfrecord', shards: 2 });
  const records = await openDataset(folder.path('records'), { split: 'train' });
  return { source: records, ids, labelOf: petLabel };
});

datasetSourceConformance('converted back to a folder', async () => {
  const ids = await writePets('pets-back', 'rgb');
  const source = await openDataset(folder.path('pets-back'), { split: 'train' });
  await convertDataset(source, folder.path('there'), { to: 'tfrecord', shards: 3 });
  const records = await openDataset(folder.path('there'));
  await convertDataset(records, folder.path('back'), { to: 'folder' });
  return { source: await openDataset(folder.path('back')), ids, labelOf: petLabel };
});
