import type { LabelMap, Palette, RgbImage } from '../image/index.js';

/** What the label values of a dataset mean. */
export interface LabelValues {
  /** Name of each class; the index is the label value. */
  readonly labels: readonly string[];
  /** Label value of pixels that neither train nor count; usually 255, in ADE20K class 0. */
  readonly ignoreValue: number;
}

/** The classes of a dataset, with the colours they are shown in. */
export interface DatasetClasses extends LabelValues {
  /** Colour of each class. */
  readonly palette: Palette;
}

/** One picture of a dataset and, unless it is a test split, the class of each of its pixels. */
export interface Sample {
  /** Name within the split, without folder and extension. */
  readonly id: string;
  readonly image: RgbImage;
  /** As large as the image; absent in splits without labels. */
  readonly label?: LabelMap;
}

/**
 * A split of a dataset: pictures with a class index for every pixel.
 *
 * Label values are class indices or `ignoreValue`. Other values in the files are handed on as they
 * are, so that they can be counted; `checkLabels` refuses them.
 */
export interface DatasetSource extends DatasetClasses {
  /** The dataset's name, such as "PASCAL VOC 2012". */
  readonly name: string;
  readonly split: string;
  /** Number of samples, from 1 on. */
  readonly size: number;
  /** Name of each sample; no two are alike. */
  readonly ids: readonly string[];
  /** Whether samples have labels. */
  readonly labelled: boolean;
  /**
   * Reads sample `index`, 0 to size - 1, in any order and any number at once.
   *
   * @throws FormatError naming sample and file where either cannot be read or where the label's
   *   size is not the image's; OptionError where there is no such sample.
   */
  read(index: number): Promise<Sample>;
  /** The label alone, which is cheaper; undefined in splits without labels. Throws as `read`. */
  readLabel(index: number): Promise<LabelMap | undefined>;
}

/** Whether a label value is a class or the ignore value. */
export function isKnownLabel(value: number, classes: LabelValues): boolean {
  return value < classes.labels.length || value === classes.ignoreValue;
}

/** The element type that holds every label value of a dataset: `uint8` where 8 bits are enough. */
export function labelDType(classes: LabelValues): 'uint8' | 'int32' {
  return classes.labels.length <= 256 && classes.ignoreValue <= 255 ? 'uint8' : 'int32';
}
