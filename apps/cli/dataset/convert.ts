import { messageOf } from '../../../src/core/errors.js';
import { convertDataset } from '../../../src/data/node/index.js';
import type { ExitCode } from '../exit-code.js';
import { onInterrupt } from '../interrupt.js';
import { Screen } from '../segment/screen.js';
import { counted } from '../table.js';
import { chosenSplits, type DatasetFlags, openSplit } from './splits.js';

/** The flags of `atrous dataset convert`. */
export interface ConvertFlags extends DatasetFlags {
  readonly to: 'folder' | 'tfrecord';
  readonly shards: number;
}

/** Converts the splits one after the other. */
export async function convert(path: string, out: string, flags: ConvertFlags): Promise<ExitCode> {
  const splits = await chosenSplits(path, flags);
  let done = 0;
  for (const split of splits) {
    try {
      await convertSplit(path, split, out, flags);
      done++;
    } catch (error) {
      // The signal that aborts ends the process; it needs no words.
      if (error instanceof Error && error.name === 'AbortError') return 2;
      process.stderr.write(`${messageOf(error)}\n`);
    }
  }
  if (done === splits.length) return 0;
  return done === 0 ? 2 : 1;
}

async function convertSplit(
  path: string,
  split: string,
  out: string,
  flags: ConvertFlags,
): Promise<void> {
  const source = await openSplit(path, split, flags, false);
  const screen = new Screen(source.size);
  const abort = new AbortController();
  const work = convertDataset(source, out, {
    to: flags.to,
    shards: flags.shards,
    signal: abort.signal,
    onSample: () => screen.step(),
  });
  const release = onInterrupt(async () => {
    abort.abort();
    await work.catch(() => undefined);
    screen.close();
  });
  try {
    await work;
  } finally {
    release();
    screen.close();
  }
  process.stdout.write(`${out}: split ${source.split}, ${counted(source.size, 'sample')}\n`);
}
