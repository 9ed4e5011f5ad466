/** The classes of torchvision's released weights: PASCAL VOC's. */
const released: readonly string[] = [
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
];

/** Names for the classes of a network that tells their number: the released ones', else numbers. */
export function classNames(count: number): readonly string[] {
  return count === released.length
    ? released
    : Array.from({ length: count }, (_, index) => `${index}`);
}
