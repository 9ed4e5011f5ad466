import { FormatError } from '../../../core/errors.js';
import { checkLabel } from '../../check-labels.js';
import type { ListedSource } from '../listed-source.js';
import type { SampleWriter } from './sample-writer.js';
import { writeDescription } from './write-description.js';
import { folderWriter } from './write-folder.js';
import { shardWriter } from './write-shards.js';

/** What a dataset is converted to. */
export interface ConvertOptions {
  readonly to: 'folder' | 'tfrecord';
  /** Shards of a TFRecord split; at most one per sample. Defaults to 4, as the original has them. */
  readonly shards?: number;
  /** Ends the conversion; nothing of the split stays. */
  readonly signal?: AbortSignal;
  readonly onSample?: () => void;
}

/**
 * Writes a split of a dataset in another layout into a folder, with `dataset.json` beside it.
 *
 * Images stay the files they are where those are JPEG or PNG. Labels become palette PNGs (folder)
 * or grey PNGs (TFRecord) whose values are class indices. Every sample is checked on the way. The
 * split appears when it is complete, under its name; until then, and after an error, there is
 * nothing.
 *
 * @returns the paths of what was written.
 * @throws FormatError where a sample cannot be read or has unknown labels; OutputError where a file
 *   cannot be written or the split exists already.
 */
export async function convertDataset(
  source: ListedSource,
  output: string,
  options: ConvertOptions,
): Promise<readonly string[]> {
  const description = await writeDescription(output, source);
  const writer = await openWriter(source, output, options);
  try {
    for (const [index, location] of source.listing.samples.entries()) {
      options.signal?.throwIfAborted();
      const sample = await source.read(index);
      checkFileName(sample.id, source);
      if (sample.label !== undefined) checkLabel(sample.id, sample.label, source);
      await writer.write(sample, location);
      options.onSample?.();
    }
    return [description.path, ...(await writer.finish())];
  } catch (error) {
    await writer.discard();
    await description.discard();
    throw error;
  }
}

function openWriter(
  source: ListedSource,
  output: string,
  options: ConvertOptions,
): Promise<SampleWriter> {
  switch (options.to) {
    case 'folder':
      return folderWriter(output, source);
    case 'tfrecord':
      return shardWriter(output, source, options.shards ?? 4);
  }
}

/** Names inside TFRecord shards can be anything; these become file names. */
function checkFileName(id: string, source: ListedSource): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (/^[^/\\:*?"<>|\u0000-\u001f]+$/.test(id) && !id.startsWith('.') && id.length <= 200) return;
  throw new FormatError({
    place: `${source.name} ${source.split}`,
    problem: 'the name of a sample is no file name',
    found: JSON.stringify(id.slice(0, 80)),
  });
}
