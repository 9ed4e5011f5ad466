/**
 * A batch of 200 photographs as `atrous segment` works it off, against what its steps cost one by
 * one on one thread.
 *
 *     node dist/bench/batch.js [MODEL [FOLDER]]
 *
 * The ideal is that every core does what one thread did alone: cores / (sum of the steps). The
 * single-threaded measurement is taken half before and half after each batch, three times. How busy
 * the machine was is printed (on Linux), because other programs' work counts against the ratio; so
 * is the ratio by processor time, because the one thread has helpers that run beside it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { openLaneHere } from '../apps/cli/segment/lanes/lane.js';
import { Lanes } from '../apps/cli/segment/lanes/lanes.js';
import type { LaneSettings, PictureJob } from '../apps/cli/segment/lanes/protocol.js';
import type { PictureTimings } from '../apps/cli/segment/report.js';
import { beside, machine, median, milliseconds } from './measure.js';

const count = 200;
const rounds = 3;

const steps: Readonly<Record<Exclude<keyof PictureTimings, 'crfMs'>, string>> = {
  decodeMs: 'decode',
  preprocessMs: 'scale to the network',
  networkMs: 'network',
  labelMapMs: 'label map',
  overlayMs: 'overlay and legend',
  encodeMs: 'encode overlay and mask',
  writeMs: 'write files',
};

/** What each step took, all photographs together. */
class StepSums {
  readonly #sums = new Map<string, number>();

  add(timings: PictureTimings): void {
    for (const [key, time] of Object.entries(timings)) {
      this.#sums.set(key, (this.#sums.get(key) ?? 0) + time);
    }
  }

  /** Milliseconds a photograph by step, then what the steps leave of the whole, and the whole. */
  rows(photographs: number, whole: number): ReadonlyMap<string, number> {
    const rows = new Map<string, number>();
    let rest = whole;
    for (const [key, step] of Object.entries(steps)) {
      const time = (this.#sums.get(key) ?? 0) / photographs;
      rows.set(step, time);
      rest -= time;
    }
    return rows.set('all else', rest).set('all of it', whole);
  }
}

/** Photographs of 500 x 375 pixels, cut from the examples in different places. */
async function makePhotos(folder: string): Promise<void> {
  const sources = ['examples/photos/chelsea.png', 'examples/photos/astronaut.png'];
  await mkdir(folder);
  for (let index = 0; index < count; index++) {
    const source = sources[index % sources.length] ?? '';
    const { width, height } = await sharp(source).metadata();
    const side = Math.min(width, height) - 60;
    const left = (index * 13) % (width - side);
    const top = (index * 7) % (height - side);
    await sharp(source)
      .extract({ left, top, width: side, height: side })
      .resize(500, 375, { fit: 'cover' })
      .jpeg({ quality: 90 })
      .toFile(path.join(folder, `photo-${index}.jpg`));
  }
}

/** Processor time since the start, in milliseconds: idle, in all, and that of this program's own. */
function processorTime() {
  let idle = 0;
  let all = 0;
  for (const { times } of cpus()) {
    idle += times.idle;
    all += times.user + times.nice + times.sys + times.irq + times.idle;
  }
  // Fields 14 to 17 of Linux: user and system time, own and of children that have ended.
  const stat = existsSync('/proc/self/stat') ? readFileSync('/proc/self/stat', 'latin1') : '';
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 15);
  const own = fields.reduce((sum, ticks) => sum + 10 * Number(ticks), 0);
  return { idle, all, own };
}

/** Milliseconds that work took, and what of the machine's time it and others got meanwhile. */
async function watched(work: () => Promise<void>) {
  const before = processorTime();
  const start = performance.now();
  await work();
  const ms = performance.now() - start;
  const after = processorTime();
  const all = after.all - before.all;
  const cpuMs = after.own - before.own;
  const own = cpuMs / all;
  const idle = (after.idle - before.idle) / all;
  return { ms, cpuMs, own, idle, others: Math.max(0, 1 - own - idle) };
}

const percent = (share: number) => `${(100 * share).toFixed(0)} %`;

const out = await mkdtemp(path.join(tmpdir(), 'atrous-batch-'));
try {
  const given = process.argv[3] ?? beside('data/voc-animals/val/images');
  const made = path.join(out, 'photos');
  if (!existsSync(given)) await makePhotos(made);
  const folder = existsSync(given) ? given : made;
  const names = (await readdir(folder)).filter((name) => /\.jpe?g$/i.test(name)).sort();
  const jobs: readonly PictureJob[] = names.slice(0, count).map((name) => ({
    image: path.join(folder, name),
    files: {
      overlay: path.join(out, `${name}.overlay.png`),
      mask: path.join(out, `${name}.mask.png`),
      json: path.join(out, `${name}.json`),
    },
  }));
  const cores = availableParallelism();
  const settings: LaneSettings = {
    model: process.argv[2] ?? beside('models/deeplabv3_257_mv_gpu.tflite'),
    device: 'cpu',
    threads: 1,
    run: process.pid,
  };

  const singleSums = new StepSums();
  const batchSums = new StepSums();
  const alone = await openLaneHere(settings);
  for (const job of jobs.slice(0, 10)) await alone.segment(job);
  const oneByOne = (some: readonly PictureJob[]) =>
    watched(async () => {
      for (const job of some) singleSums.add((await alone.segment(job)).timings);
    });
  /** Opens lanes, works the batch off, and closes them. */
  const allAtOnce = async () => {
    const parts = { lanes: 0, opening: 0, work: 0 };
    const use = await watched(async () => {
      const start = performance.now();
      const lanes = await Lanes.open({ ...settings, threads: cores }, jobs.length);
      parts.lanes = lanes.count;
      parts.opening = (performance.now() - start) / jobs.length;
      await lanes.run(jobs, (_, outcome) => {
        if (outcome.kind === 'failed') throw new Error(outcome.message);
        batchSums.add(outcome.report.timings);
      });
      parts.work = (performance.now() - start) / jobs.length - parts.opening;
      await lanes.close();
    });
    return { ...use, ...parts };
  };

  const middle = jobs.length >> 1;
  const measured: { single: number; processor: number; lanes: number; work: number }[] = [];
  const rows: object[] = [];
  for (let round = 0; round < rounds; round++) {
    const first = await oneByOne(jobs.slice(0, middle));
    const batch = await allAtOnce();
    const second = await oneByOne(jobs.slice(middle));
    const single = (first.ms + second.ms) / jobs.length;
    const processor = (first.cpuMs + second.cpuMs) / jobs.length;
    const { work, opening, lanes } = batch;
    measured.push({ single, processor, lanes, work });
    rows.push({
      'one thread, ms': milliseconds(single),
      '... of processor time': milliseconds(processor),
      'batch, ms': milliseconds(work),
      'opening, ms': milliseconds(opening),
      ratio: (single / cores / work).toFixed(3),
      '... by processor time': (processor / cores / work).toFixed(3),
      '... and with opening': (processor / cores / (work + opening)).toFixed(3),
      'machine at other programs': `${percent(first.others)}, ${percent(batch.others)}, ${percent(second.others)}`,
      'idle in the batch': percent(batch.idle),
    });
  }
  await alone.close();

  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const single = mean(measured.map((each) => each.single));
  const inLane = mean(measured.map(({ work, lanes }) => work * lanes));
  const batchPer = batchSums.rows(rounds * jobs.length, inLane);
  console.log(`${machine()}; ${jobs.length} photographs in ${measured[0]?.lanes} lanes`);
  console.table(
    [...singleSums.rows(rounds * jobs.length, single)].map(([step, time]) => ({
      'a photograph': step,
      'ms on one thread': milliseconds(time),
      'ms in a lane of the batch': milliseconds(batchPer.get(step) ?? 0),
    })),
  );
  console.table(rows);
  const work = median(measured.map(({ work }) => work));
  const ratio = median(measured.map((each) => each.single / cores / each.work));
  console.log(
    `median: ${(1000 / work).toFixed(1)} photographs a second, ${ratio.toFixed(3)} of the ideal`,
  );
} finally {
  await rm(out, { recursive: true });
}
