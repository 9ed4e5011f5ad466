import { lstatSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Input, RefusedInput } from './inputs.js';
import { nameOutputs } from './names.js';
import { type OutputKind, outputName } from './outputs.js';
import type { OutputRecord } from './record.js';
import type { SegmentSettings } from './settings.js';

/** An input and the files that will be made from it. */
export interface PlannedPicture {
  readonly input: Input;
  /** The input's absolute path, or `-`. */
  readonly source: string;
  /** Names within the output folder. */
  readonly outputs: Readonly<Partial<Record<OutputKind, string>>>;
}

export interface Plan {
  readonly pictures: readonly PlannedPicture[];
  /** The inputs whose outputs would replace what is not theirs. */
  readonly refusals: readonly RefusedInput[];
}

/**
 * Decides the files of each input.
 *
 * An output that exists is replaced where the same command made it from the same picture, or by
 * force; an input is never replaced.
 */
export function planOutputs(
  inputs: readonly Input[],
  settings: SegmentSettings,
  record: OutputRecord,
): Plan {
  const paths = inputs.map((input) => (input.kind === 'stdin' ? input.path : resolve(input.path)));
  const sources = new Set(paths);
  const names = nameOutputs(paths);
  const pictures: PlannedPicture[] = [];
  const refusals: RefusedInput[] = [];
  inputs.forEach((input, index) => {
    const name = names[index] ?? '';
    const source = input.kind === 'stdin' ? '-' : (paths[index] ?? '');
    const outputs = Object.fromEntries(
      settings.save.map((kind) => [kind, outputName(name, kind)] as const),
    );
    const refusal = Object.values(outputs)
      .map((output) => refuse(output, source, settings, sources, record))
      .find((reason) => reason !== undefined);
    if (refusal === undefined) pictures.push({ input, source, outputs });
    else refusals.push({ image: input.path, message: `${input.path}: ${refusal}` });
  });
  return { pictures, refusals };
}

function refuse(
  output: string,
  source: string,
  { outputFolder, force }: SegmentSettings,
  sources: ReadonlySet<string>,
  record: OutputRecord,
): string | undefined {
  const path = join(outputFolder, output);
  if (sources.has(resolve(path))) {
    return `its output ${path} would replace an input; choose another folder with -o`;
  }
  if (!exists(path) || force || record.isOwn(output, source)) return undefined;
  return `${path} exists, made from another picture or by another command; choose another folder with -o, or --force to replace it`;
}

/** Whether anything has a path, broken links too; where that cannot be told, writing will tell. */
function exists(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}
