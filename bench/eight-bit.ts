/**
 * 8-bit networks: time in 8-bit arithmetic against the same networks widened to float32.
 *
 *     node dist/bench/eight-bit.js [MODEL.tflite ...]
 *
 * Blocks of runs of the one and the other alternate, so that only one session's threads are awake
 * and a change of the machine's speed meets both.
 */
import path from 'node:path';
import type { Arithmetic } from '../src/convert/tflite/tflite-to-graph.js';
import { Segmenter } from '../src/segment/node/segmenter.js';
import { beside, machine, median, milliseconds, pause, quantile } from './measure.js';

const rounds = 6;
const runsPerBlock = 8;

const released = [
  'deeplabv3_mnv2_dm05_pascal_quant.tflite',
  'deeplabv3_mnv2_pascal_quant.tflite',
  'deeplab_mobilenet_edgetpu_slim_cityscapes_quant.tflite',
].map((name) => beside('models', name));

async function open(file: string, arithmetic: Arithmetic, threads: number) {
  const segmenter = await Segmenter.load(file, { arithmetic, threads, worker: false });
  const { width, height } = segmenter.inputSize;
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 31 + (i >> 9)) % 256);
  const run = async () => (await segmenter.segment({ width, height, data })).timings.network;
  await run();
  return { run, times: [] as number[], dispose: () => segmenter.dispose() };
}

async function compare(file: string, threads: number) {
  const eightBit = await open(file, 'integer', threads);
  const float = await open(file, 'real', threads);
  for (let round = 0; round < rounds; round++) {
    for (const { run, times } of [eightBit, float]) {
      await pause();
      await run();
      for (let count = 0; count < runsPerBlock; count++) times.push(await run());
    }
  }
  await eightBit.dispose();
  await float.dispose();
  const range = (times: readonly number[]) =>
    `${milliseconds(quantile(times, 0.1))} to ${milliseconds(quantile(times, 0.9))}`;
  return {
    model: path.basename(file, '.tflite'),
    threads,
    '8-bit, ms': milliseconds(median(eightBit.times)),
    'p10 to p90': range(eightBit.times),
    'float32, ms': milliseconds(median(float.times)),
    'p10 to p90 ': range(float.times),
    'times as fast': (median(float.times) / median(eightBit.times)).toFixed(2),
  };
}

const files = process.argv.slice(2);
const rows: object[] = [];
for (const file of files.length > 0 ? files : released) {
  for (const threads of [1, 2]) rows.push(await compare(file, threads));
}
console.log(machine());
console.table(rows);
