import type { DecodedSample } from './make-batch.js';

/** Decoded samples in shared memory, which every thread reads without a copy. */
export class SampleCache {
  private readonly limit: number;
  private readonly samples = new Map<number, DecodedSample>();
  private bytes = 0;

  /** @param limit bytes that are kept at most. */
  constructor(limit: number) {
    this.limit = limit;
  }

  get(index: number): DecodedSample | undefined {
    return this.samples.get(index);
  }

  /** Whether another sample may still fit. */
  get open(): boolean {
    return this.bytes < this.limit;
  }

  /** Keeps a sample where it fits. */
  add(index: number, sample: DecodedSample): void {
    const size = sample.image.data.byteLength + sample.label.data.byteLength;
    if (this.samples.has(index) || this.bytes + size > this.limit) return;
    this.samples.set(index, sample);
    this.bytes += size;
  }
}

/** The sample in shared memory. */
export function shareSample({ image, label }: DecodedSample): DecodedSample {
  return {
    image: { ...image, data: new Uint8Array(shared(image.data)) },
    label: {
      ...label,
      data:
        label.data instanceof Uint16Array
          ? new Uint16Array(shared(label.data))
          : new Uint8Array(shared(label.data)),
    },
  };
}

function shared(data: Uint8Array | Uint8ClampedArray | Uint16Array): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(data.byteLength);
  new Uint8Array(buffer).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return buffer;
}
