import { basename, resolve } from 'node:path';
import { messageOf } from '../../../src/core/errors.js';
import { ContactSheet, type Inspection, inspectDataset, isSound } from '../../../src/data/index.js';
import type { ListedSource } from '../../../src/data/node/index.js';
import { encodeOverlayPng, sharpTextRasteriser } from '../../../src/image/node/index.js';
import type { ExitCode } from '../exit-code.js';
import { onInterrupt } from '../interrupt.js';
import { removePartials, writeTogether } from '../segment/atomic-files.js';
import { Screen } from '../segment/screen.js';
import { inspectionText } from './inspection-text.js';
import { chosenSplits, type DatasetFlags, openSplit } from './splits.js';

/** The flags of `atrous dataset inspect`. */
export interface InspectFlags extends DatasetFlags {
  /** A file, `true` for the default name, or `false` for no contact sheet. */
  readonly sheet?: string | boolean;
  readonly json?: boolean;
}

/** Inspects the splits one after the other and prints what was found. */
export async function inspect(path: string, flags: InspectFlags): Promise<ExitCode> {
  let code: ExitCode = 0;
  let inspected = 0;
  const splits = await chosenSplits(path, flags);
  for (const split of splits) {
    try {
      const source = await openSplit(path, split, flags, true);
      if (!(await inspectSplit(source, splits.length, flags))) code = 1;
      inspected++;
    } catch (error) {
      process.stderr.write(`${messageOf(error)}\n`);
      code = 1;
    }
  }
  return inspected === 0 ? 2 : code;
}

/** @returns whether the split is sound. */
async function inspectSplit(
  source: ListedSource,
  splits: number,
  flags: InspectFlags,
): Promise<boolean> {
  const screen = new Screen(source.size);
  const sheet = new ContactSheet(source, source.size);
  const release = onInterrupt(() => screen.close());
  let inspection: Inspection;
  try {
    inspection = await inspectDataset(source, {
      onSample: (sample) => {
        if (sample !== undefined) sheet.add(sample.index, sample.id, sample.image, sample.label);
        screen.step();
      },
    });
  } finally {
    release();
    screen.close();
  }
  const file = sheetFile(source, splits, flags.sheet);
  if (file !== undefined) await writeSheet(sheet, inspection, file);
  const lines =
    flags.json === true
      ? [JSON.stringify({ ...inspection, format: source.listing.format, contactSheet: file })]
      : [...inspectionText(inspection, source), ...(file === undefined ? [] : sheetLine(file))];
  process.stdout.write(`${lines.join('\n')}\n`);
  return isSound(inspection);
}

function sheetLine(file: string): readonly string[] {
  return [`contact sheet: ${file}`, ''];
}

function sheetFile(
  source: ListedSource,
  splits: number,
  sheet: string | boolean | undefined,
): string | undefined {
  if (sheet === false) return undefined;
  if (typeof sheet === 'string') {
    return splits === 1 ? sheet : sheet.replace(/(\.png)?$/i, `-${source.split}.png`);
  }
  return `${basename(resolve(source.listing.root))}-${source.split}-sheet.png`;
}

async function writeSheet(
  sheet: ContactSheet,
  inspection: Inspection,
  file: string,
): Promise<void> {
  const picture = await sheet.draw(inspection.histogram, sharpTextRasteriser());
  const data = await encodeOverlayPng(picture);
  try {
    writeTogether([{ path: file, data }], process.pid);
  } finally {
    removePartials([file], process.pid);
  }
}
