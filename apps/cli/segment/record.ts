import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf, OutputError } from '../../../src/core/errors.js';
import { writeTogether } from './atomic-files.js';
import type { CommandIdentity } from './settings.js';

const recordSchema = z.strictObject({
  about: z.string(),
  version: z.literal(1),
  commands: z.record(z.string(), z.record(z.string(), z.string())),
  outputs: z.record(z.string(), z.strictObject({ command: z.string(), input: z.string() })),
});

const about =
  'Which command of atrous made which file from which picture: only the same one replaces it.';

interface Entry {
  readonly command: string;
  readonly input: string;
}

/**
 * The memory of an output folder, in its file `.atrous.json`: which command made which output.
 *
 * Claims are stored before the first output is written, so that even a run that was killed can be
 * repeated.
 */
export class OutputRecord {
  readonly #folder: string;
  readonly #command: string;
  readonly #file: string;
  readonly #commands: Map<string, Readonly<Record<string, string>>>;
  readonly #outputs: Map<string, Entry>;

  /**
   * @param command The command that is about to run.
   * @throws OutputError where the folder has a record that cannot be read.
   */
  constructor(folder: string, command: CommandIdentity) {
    this.#folder = folder;
    this.#command = keyOf(command);
    this.#file = join(folder, '.atrous.json');
    const { commands, outputs } = readRecord(this.#file);
    this.#commands = new Map([...Object.entries(commands), [this.#command, { ...command }]]);
    this.#outputs = new Map(Object.entries(outputs));
  }

  /**
   * Whether the same command made an output from the same picture.
   *
   * @param input Absolute path of the picture, or `-`.
   */
  isOwn(output: string, input: string): boolean {
    const entry = this.#outputs.get(output);
    return entry?.command === this.#command && entry.input === input;
  }

  /** Notes that the command is about to make outputs from a picture. */
  claim(outputs: readonly string[], input: string): void {
    for (const output of outputs) this.#outputs.set(output, { command: this.#command, input });
  }

  /** @throws OutputError */
  store(run: number): void {
    const used = new Set([...this.#outputs.values()].map(({ command }) => command));
    const commands = [...this.#commands].filter(([key]) => used.has(key));
    const record: z.infer<typeof recordSchema> = {
      about,
      version: 1,
      commands: Object.fromEntries(commands),
      outputs: Object.fromEntries(this.#outputs),
    };
    const text = `${JSON.stringify(record, undefined, 1)}\n`;
    writeTogether([{ path: this.#file, data: text }], run);
  }

  /** Forgets outputs that do not exist, and stores the rest; without any, the record goes too. */
  settle(run: number): void {
    for (const output of this.#outputs.keys()) {
      if (!existsSync(join(this.#folder, output))) this.#outputs.delete(output);
    }
    if (this.#outputs.size === 0) rmSync(this.#file, { force: true });
    else this.store(run);
  }
}

/** A short name of a command, equal for equal commands only. */
function keyOf(command: CommandIdentity): string {
  const sorted = Object.entries(command).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex').slice(0, 12);
}

function readRecord(file: string): Pick<z.infer<typeof recordSchema>, 'commands' | 'outputs'> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { commands: {}, outputs: {} };
    throw unreadable(file, messageOf(error), error);
  }
  try {
    return recordSchema.parse(JSON.parse(text));
  } catch (error) {
    throw unreadable(file, 'not a record of atrous', error);
  }
}

function unreadable(file: string, problem: string, cause: unknown): OutputError {
  return new OutputError({
    place: file,
    problem,
    fix: 'remove it, or choose another output folder',
    cause,
  });
}
