import { cityscapes, type LabelSet, labelSets, pascalVoc } from './label-sets.js';

/** A released model file that the catalog recognises by its name. */
export interface KnownModel {
  /** File name without its extension. */
  readonly name: string;
  readonly labelSet: LabelSet;
  readonly source: string;
}

const zoo = 'TensorFlow research/deeplab model zoo, Apache-2.0';

/** The released DeepLab files for TFLite. */
export const knownModels: readonly KnownModel[] = [
  {
    name: 'deeplabv3_257_mv_gpu',
    labelSet: pascalVoc,
    source: 'TensorFlow Lite starter model, Apache-2.0',
  },
  { name: 'deeplabv3_mnv2_pascal_quant', labelSet: pascalVoc, source: zoo },
  { name: 'deeplabv3_mnv2_dm05_pascal_quant', labelSet: pascalVoc, source: zoo },
  {
    name: 'deeplab_mobilenet_edgetpu_slim_cityscapes_quant',
    labelSet: cityscapes,
    source: zoo,
  },
];

/** Words in a file's name that tell what it was trained on. */
const trainingData: readonly (readonly [word: RegExp, labelSet: string])[] = [
  [/pascal|voc/i, 'PASCAL VOC'],
  [/cityscapes/i, 'Cityscapes'],
  [/camvid/i, 'CamVid'],
];

/**
 * The label set that a file's name and class count imply: that of the catalog's entry, else of the
 * dataset that the name mentions, provided that the number of classes agrees.
 */
export function impliedLabelSet(fileName: string, classes: number): LabelSet | undefined {
  const stem = stemOf(fileName);
  const known = knownModels.find(({ name }) => name === stem)?.labelSet;
  const word = trainingData.find(([pattern]) => pattern.test(stem))?.[1];
  const mentioned = labelSets.find(({ name }) => name === word);
  const candidate = known ?? mentioned;
  return candidate?.labels.length === classes ? candidate : undefined;
}

/** A file's name without folders and without its extension. */
export function stemOf(fileName: string): string {
  const name = fileName.split(/[\\/]/).at(-1) ?? fileName;
  return name.replace(/\.[^.]+$/, '');
}
