import { messageOf } from '../core/errors.js';
import type { LabelMap, RgbImage, Size } from '../image/index.js';
import type { DatasetSource } from './dataset-source.js';
import { LabelCounter, type LabelHistogram } from './label-histogram.js';

/** A source whose images can be read whatever their labels are like. */
export interface InspectableSource extends DatasetSource {
  readImage(index: number): Promise<RgbImage>;
}

/** A file that cannot be read. */
export interface UnreadableSample {
  readonly id: string;
  readonly part: 'image' | 'label';
  readonly problem: string;
}

/** A label of another size than its image. */
export interface SizeMismatch {
  readonly id: string;
  readonly image: Size;
  readonly label: Size;
}

/** How many images have a size. */
export interface SizeCount extends Size {
  readonly images: number;
}

/** What an inspection found. */
export interface Inspection {
  readonly name: string;
  readonly split: string;
  /** Samples that the split lists. */
  readonly size: number;
  readonly labelled: boolean;
  /** Sizes of the readable images, the most frequent first. */
  readonly imageSizes: readonly SizeCount[];
  /** Of the readable labels; also names values outside the list of classes. */
  readonly histogram: LabelHistogram;
  readonly unreadable: readonly UnreadableSample[];
  readonly mismatches: readonly SizeMismatch[];
}

/** A sample whose image, at least, can be read. */
export interface InspectedSample {
  readonly index: number;
  readonly id: string;
  readonly image: RgbImage;
  readonly label: LabelMap | undefined;
}

/** How a dataset is inspected. */
export interface InspectOptions {
  /** Samples read at once. Defaults to 4. */
  readonly concurrency?: number;
  /** Called after each sample; without one where the image cannot be read. */
  readonly onSample?: (sample: InspectedSample | undefined) => void;
}

/** Whether an inspection found nothing that would keep the split from training. */
export function isSound(inspection: Inspection): boolean {
  const { unreadable, mismatches, histogram } = inspection;
  return unreadable.length === 0 && mismatches.length === 0 && histogram.unknown.length === 0;
}

/** Reads every image and label of a split; what is wrong is listed, nothing is thrown. */
export async function inspectDataset(
  source: InspectableSource,
  options: InspectOptions = {},
): Promise<Inspection> {
  const counter = new LabelCounter(source);
  const sizes = new Map<string, { readonly size: Size; images: number }>();
  const unreadable: UnreadableSample[] = [];
  const mismatches: SizeMismatch[] = [];

  const inspect = async (index: number): Promise<void> => {
    const id = source.ids[index] ?? '';
    const attempt = async <T>(
      part: UnreadableSample['part'],
      read: Promise<T>,
    ): Promise<T | undefined> => {
      try {
        return await read;
      } catch (error) {
        unreadable.push({ id, part, problem: messageOf(error) });
        return undefined;
      }
    };
    const [image, label] = await Promise.all([
      attempt('image', source.readImage(index)),
      attempt('label', source.readLabel(index)),
    ]);
    if (label !== undefined) counter.add(id, label);
    if (image === undefined) {
      options.onSample?.(undefined);
      return;
    }
    const { width, height } = image;
    const key = `${width}x${height}`;
    const counted = sizes.get(key) ?? { size: { width, height }, images: 0 };
    counted.images++;
    sizes.set(key, counted);
    const fits = label?.width === width && label.height === height;
    if (label !== undefined && !fits) {
      mismatches.push({
        id,
        image: { width, height },
        label: { width: label.width, height: label.height },
      });
    }
    options.onSample?.({ index, id, image, label: fits ? label : undefined });
  };

  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < source.size) await inspect(next++);
  };
  await Promise.all(Array.from({ length: Math.max(1, options.concurrency ?? 4) }, lane));
  const byId = (a: { readonly id: string }, b: { readonly id: string }): number =>
    a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
  return {
    name: source.name,
    split: source.split,
    size: source.size,
    labelled: source.labelled,
    imageSizes: [...sizes.values()]
      .map(({ size, images }) => ({ ...size, images }))
      .sort((a, b) => b.images - a.images || a.width - b.width || a.height - b.height),
    histogram: counter.histogram(),
    unreadable: unreadable.sort(byId),
    mismatches: mismatches.sort(byId),
  };
}
