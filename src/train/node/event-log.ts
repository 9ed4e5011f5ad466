import { closeSync, openSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import {
  encodeEvent,
  eventFileName,
  eventFileStart,
  type Summary,
} from '../../formats/tensorflow/event-file/index.js';
import type { RgbImage } from '../../image/index.js';
import { encodeOverlayPng } from '../../image/node/index.js';
import { notWritten, writeWhole } from './durable-file.js';

/** A TensorBoard event file; each start of a run has its own. */
export class EventLog {
  readonly #path: string;
  readonly #file: number;

  /** @throws OutputError where the file cannot be written. */
  constructor(folder: string) {
    const wallTime = Date.now() / 1000;
    const name = eventFileName({ wallTime, host: hostname(), suffix: `${process.pid}` });
    this.#path = join(folder, name);
    try {
      this.#file = openSync(this.#path, 'wx');
      writeWhole(this.#file, eventFileStart(wallTime));
    } catch (cause) {
      throw notWritten(this.#path, cause);
    }
  }

  /** Adds points to curves. Values that are no numbers are left out. */
  scalars(step: number, values: Readonly<Record<string, number | null>>): void {
    this.#add(
      step,
      Object.entries(values).flatMap(([tag, value]): Summary[] =>
        value === null ? [] : [{ kind: 'scalar', tag, value }],
      ),
    );
  }

  /** Adds pictures by name. */
  async images(step: number, images: ReadonlyMap<string, RgbImage>): Promise<void> {
    const summaries: Summary[] = [];
    for (const [tag, image] of images) {
      const { width, height } = image;
      const encoded = await encodeOverlayPng(image);
      summaries.push({ kind: 'image', tag, width, height, channels: 3, encoded });
    }
    if (summaries.length > 0) this.#add(step, summaries);
  }

  close(): void {
    closeSync(this.#file);
  }

  #add(step: number, summaries: readonly Summary[]): void {
    try {
      writeWhole(this.#file, encodeEvent({ wallTime: Date.now() / 1000, step, summaries }));
    } catch (cause) {
      throw notWritten(this.#path, cause);
    }
  }
}
