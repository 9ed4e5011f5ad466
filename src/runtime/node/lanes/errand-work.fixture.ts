import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { OptionError } from '../../../core/errors.js';
import type { LaneWork, Workbench } from './contract.js';

/** A folder by whose files the test and its lanes wait for each other. */
export interface ErrandSettings {
  readonly folder: string;
}

/** What a lane of the tests does; the steps that are given, in this order. */
export interface Errand {
  /** Leaves a file of this name and the process's number in it. */
  readonly mark?: string;
  /** Waits for a file. */
  readonly after?: string;
  readonly ending?: 'fail' | 'crash' | 'hang';
}

export interface ErrandAnswer {
  readonly pid: number;
  /** How many errands this process had begun before. */
  readonly earlier: number;
  /** How many others were under way there while this one was. */
  readonly beside: number;
}

class ErrandBench implements Workbench {
  readonly model = { pid: process.pid };
  readonly #folder: string;
  #begun = 0;
  #underWay = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async do(errand: Errand): Promise<ErrandAnswer> {
    const earlier = this.#begun++;
    const beside = this.#underWay++;
    if (errand.mark !== undefined) writeFileSync(join(this.#folder, errand.mark), `${process.pid}`);
    // At least once the event loop turns, as with files and other threads in earnest.
    do await setTimeout(2);
    while (errand.after !== undefined && !existsSync(join(this.#folder, errand.after)));
    this.#underWay--;
    if (errand.ending === 'fail') throw new Error('this errand\nfails');
    if (errand.ending === 'crash') process.kill(process.pid, 'SIGKILL');
    if (errand.ending === 'hang') for (;;);
    return { pid: process.pid, earlier, beside };
  }

  async close(): Promise<void> {
    writeFileSync(join(this.#folder, 'closed'), '');
  }
}

/** Opening does what files in the folder say. */
export const errandWork: LaneWork<ErrandSettings, ErrandBench, Errand, ErrandAnswer> = {
  script: new URL('./errand-process.fixture.js', import.meta.url),
  open: async ({ folder }) => {
    const told = (name: string) => existsSync(join(folder, name));
    if (told('refuse')) throw new OptionError({ place: 'errand', problem: 'not today' });
    if (told('break')) throw new Error('broken');
    if (told('die')) process.exit(7);
    return new ErrandBench(folder);
  },
  work: (bench, errand) => bench.do(errand),
};
