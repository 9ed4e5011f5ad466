import type { LabelMap, RgbImage } from '../../../image/index.js';
import { createAugmenter } from '../../augment/augmenter.js';
import { checkLabel } from '../../check-labels.js';
import { randomStream } from '../../random-stream.js';
import type { BatchPlan } from './batch-plan.js';

/** A sample of a batch: what is read and which random numbers belong to it. */
export interface BatchEntry {
  readonly id: string;
  readonly epoch: number;
  /** Index in the source. */
  readonly index: number;
}

/** A decoded sample. */
export interface DecodedSample {
  readonly image: RgbImage;
  readonly label: LabelMap;
}

/** The arrays of a batch: images [N, H, W, 3] and labels [N, H, W]. */
export interface BatchArrays {
  readonly images: Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;
  readonly labels: Uint8Array<ArrayBuffer> | Int32Array<ArrayBuffer>;
}

/** Tells the streams of augmentation from those of sample orders with the same seed. */
const augmentStream = 0x6175;

/** Samples that are decoded while another one is augmented. */
const decodedAhead = 2;

/**
 * Makes batches: decodes samples, refuses unknown labels and augments. A sample's augmentation
 * depends on seed, epoch and index alone. Arrays to fill may be handed in; all of them is written.
 */
export function createBatchMaker(
  plan: BatchPlan,
): <Entry extends BatchEntry>(
  entries: readonly Entry[],
  decode: (entry: Entry) => Promise<DecodedSample>,
  into?: BatchArrays,
) => Promise<BatchArrays> {
  const { crop } = plan.augment;
  const pixels = crop.width * crop.height;
  const augment = createAugmenter(plan.augment, plan.ignoreValue);
  return async (entries, decode, into = newArrays(plan, entries.length)) => {
    const { images, labels } = into;
    const decoding: Promise<DecodedSample>[] = [];
    for (const [place, entry] of entries.entries()) {
      while (decoding.length < Math.min(entries.length, place + 1 + decodedAhead)) {
        const started = decode(entries[decoding.length] as typeof entry);
        // Where an earlier sample fails, this one's failure must not count as unhandled.
        started.catch(() => undefined);
        decoding.push(started);
      }
      const { image, label } = await (decoding[place] as Promise<DecodedSample>);
      checkLabel(entry.id, label, plan);
      augment(image, label, randomStream(plan.seed, augmentStream, entry.epoch, entry.index), {
        image: images.subarray(place * pixels * 3, (place + 1) * pixels * 3),
        label: labels.subarray(place * pixels, (place + 1) * pixels),
      });
    }
    return { images, labels };
  };
}

function newArrays(plan: BatchPlan, samples: number): BatchArrays {
  const pixels = samples * plan.augment.crop.width * plan.augment.crop.height;
  return {
    images:
      plan.imageType === 'float32' ? new Float32Array(pixels * 3) : new Uint8Array(pixels * 3),
    labels: plan.labelType === 'uint8' ? new Uint8Array(pixels) : new Int32Array(pixels),
  };
}
