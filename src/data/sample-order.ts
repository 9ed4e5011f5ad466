import { randomStream } from './random-stream.js';

/** Where a sample stands in the endless sequence of epochs. */
export interface OrderedSample {
  readonly epoch: number;
  /** Index of the sample in its source. */
  readonly index: number;
}

/** Tells the streams of sample orders from those of augmentation with the same seed. */
const orderStream = 0x6f72;

/**
 * The order in which samples are trained on: epoch after epoch, each sample once an epoch, in an
 * order of its own for each epoch that depends on the seed and the epoch alone.
 *
 * @param shuffle false keeps the source's order.
 * @returns the sample at a position, counted from the start of epoch 0; any position at any time.
 */
export function sampleOrder(
  size: number,
  seed: number,
  shuffle = true,
): (position: number) => OrderedSample {
  let epochInHand = -1;
  let order = new Uint32Array(0);
  return (position) => {
    const epoch = Math.floor(position / size);
    const place = position % size;
    if (!shuffle) return { epoch, index: place };
    if (epoch !== epochInHand) {
      order = shuffled(size, seed, epoch);
      epochInHand = epoch;
    }
    return { epoch, index: order[place] as number };
  };
}

/** A random permutation (Fisher and Yates, as in Knuth, volume 2, algorithm P). */
function shuffled(size: number, seed: number, epoch: number): Uint32Array<ArrayBuffer> {
  const random = randomStream(seed, orderStream, epoch);
  const order = Uint32Array.from({ length: size }, (_, i) => i);
  for (let last = size - 1; last > 0; last--) {
    const chosen = random.integer(0, last);
    const index = order[last] as number;
    order[last] = order[chosen] as number;
    order[chosen] = index;
  }
  return order;
}
