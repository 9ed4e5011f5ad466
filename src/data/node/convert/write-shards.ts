import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { OptionError } from '../../../core/errors.js';
import { encodeExample } from '../../../formats/tensorflow/example/index.js';
import { encodeRecord } from '../../../formats/tensorflow/record-file/index.js';
import type { LabelMap } from '../../../image/index.js';
import { writePng } from '../../../image/node/png/write-png.js';
import type { DatasetSource, Sample } from '../../dataset-source.js';
import type { SampleLocation } from '../dataset-listing.js';
import { encodedImage } from '../encoded-image.js';
import { namesIn } from '../folder-content.js';
import { toExample } from '../tfrecord/segmentation-example.js';
import { inTheWay, notWritten } from './output-trouble.js';
import type { SampleWriter } from './sample-writer.js';

/** Writes `SPLIT-00000-of-00004.tfrecord` and so on, ceil(size / shards) samples each. */
export async function shardWriter(
  output: string,
  source: DatasetSource,
  wanted: number,
): Promise<SampleWriter> {
  if (!Number.isInteger(wanted) || wanted < 1 || wanted > 99_999) {
    throw new OptionError({
      place: 'shards',
      problem: 'not a number of shards',
      expected: 'a whole number from 1 to 99999',
      found: `${wanted}`,
    });
  }
  const perShard = Math.ceil(source.size / Math.min(wanted, source.size));
  // Rounding up can leave nothing for the last shards.
  const count = Math.ceil(source.size / perShard);
  const digits = (number: number): string => `${number}`.padStart(5, '0');
  const names = Array.from(
    { length: count },
    (_, i) => `${source.split}-${digits(i)}-of-${digits(count)}.tfrecord`,
  );
  const present = (await namesIn(output)).find(
    (name) => name.startsWith(`${source.split}-`) && name.endsWith('.tfrecord'),
  );
  if (present !== undefined) throw inTheWay(join(output, present));
  return new ShardWriter(output, names, perShard);
}

class ShardWriter implements SampleWriter {
  private readonly output: string;
  private readonly names: readonly string[];
  private readonly perShard: number;
  private samples = 0;
  private file: FileHandle | undefined;

  constructor(output: string, names: readonly string[], perShard: number) {
    this.output = output;
    this.names = names;
    this.perShard = perShard;
  }

  async write(sample: Sample, location: SampleLocation): Promise<void> {
    const { id, image, label } = sample;
    const { bytes, format } = await encodedImage(location, image);
    const example = toExample({
      filename: id,
      image: bytes,
      format,
      width: image.width,
      height: image.height,
      ...(label === undefined ? {} : { label: await greyPng(label) }),
    });
    const shard = Math.floor(this.samples / this.perShard);
    const partial = this.partial(this.names[shard] ?? '');
    try {
      if (this.samples % this.perShard === 0) {
        await this.file?.close();
        this.file = undefined;
        this.file = await open(partial, 'w');
      }
      await this.file?.writeFile(encodeRecord(encodeExample(example)));
    } catch (cause) {
      throw notWritten(partial, cause);
    }
    this.samples++;
  }

  async finish(): Promise<readonly string[]> {
    await this.file?.close();
    this.file = undefined;
    const paths = this.names.map((name) => join(this.output, name));
    for (const [i, path] of paths.entries()) {
      try {
        await rename(this.partial(this.names[i] ?? ''), path);
      } catch (cause) {
        // A set of shards is whole or useless.
        await Promise.all(paths.slice(0, i).map((done) => rm(done, { force: true })));
        throw notWritten(path, cause);
      }
    }
    return paths;
  }

  async discard(): Promise<void> {
    await this.file?.close().catch(() => undefined);
    await Promise.all(this.names.map((name) => rm(this.partial(name), { force: true })));
  }

  private partial(name: string): string {
    return join(this.output, `.${name}.${process.pid}.partial`);
  }
}

/** A PNG of one channel whose values are the class indices, as DeepLab's own preparation makes. */
function greyPng({ width, height, data }: LabelMap): Promise<Uint8Array> {
  if (data instanceof Uint8Array) return writePng({ width, height, bitDepth: 8, samples: data });
  const samples = new Uint8Array(data.length * 2);
  const view = new DataView(samples.buffer);
  data.forEach((value, i) => {
    view.setUint16(i * 2, value);
  });
  return writePng({ width, height, bitDepth: 16, samples });
}
