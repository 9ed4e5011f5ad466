import { camvidPalette, cityscapesPalette, type Palette, vocPalette } from '../image/index.js';

/** Class names of a dataset, in the order of the class indices, with its usual colours. */
export interface LabelSet {
  readonly name: string;
  readonly labels: readonly string[];
  readonly palette: Palette;
  /** Index of the class that stands for "nothing of interest", where there is one. */
  readonly background?: number;
}

/** PASCAL VOC 2012: background and 20 classes. */
export const pascalVoc: LabelSet = {
  name: 'PASCAL VOC',
  labels: [
    'background',
    'aeroplane',
    'bicycle',
    'bird',
    'boat',
    'bottle',
    'bus',
    'car',
    'cat',
    'chair',
    'cow',
    'diningtable',
    'dog',
    'horse',
    'motorbike',
    'person',
    'pottedplant',
    'sheep',
    'sofa',
    'train',
    'tvmonitor',
  ],
  palette: vocPalette(21),
  background: 0,
};

/** Cityscapes: the 19 classes that are evaluated. */
export const cityscapes: LabelSet = {
  name: 'Cityscapes',
  labels: [
    'road',
    'sidewalk',
    'building',
    'wall',
    'fence',
    'pole',
    'traffic light',
    'traffic sign',
    'vegetation',
    'terrain',
    'sky',
    'person',
    'rider',
    'car',
    'truck',
    'bus',
    'train',
    'motorcycle',
    'bicycle',
  ],
  palette: cityscapesPalette,
};

/** CamVid: the 11 classes that are evaluated. */
export const camvid: LabelSet = {
  name: 'CamVid',
  labels: [
    'sky',
    'building',
    'pole',
    'road',
    'pavement',
    'tree',
    'sign',
    'fence',
    'car',
    'pedestrian',
    'bicyclist',
  ],
  palette: camvidPalette,
};

/** Every label set that the catalog knows. */
export const labelSets: readonly LabelSet[] = [pascalVoc, cityscapes, camvid];
