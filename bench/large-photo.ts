/**
 * A photograph of 12 megapixels, step by step: what segmenting it costs beside its decoding and
 * encoding.
 *
 *     node dist/bench/large-photo.js [MODEL]
 *
 * The photograph is one from the examples scaled up, once as it is then (smooth, so quick to decode
 * and to encode) and once with the grain of a camera.
 */
import sharp from 'sharp';
import { addLegend } from '../src/image/index.js';
import {
  decodeImage,
  encodeMaskPng,
  encodeOverlayPng,
  sharpTextRasteriser,
} from '../src/image/node/index.js';
import { Segmenter } from '../src/segment/node/segmenter.js';
import { addGrain, beside, machine, median, milliseconds } from './measure.js';

const [width, height] = [4000, 3000];
const runs = 7;
const rasteriser = sharpTextRasteriser();

async function largePhoto(sigma: number): Promise<Uint8Array> {
  const { data } = await sharp('examples/photos/chelsea.png')
    .resize(width, height, { fit: 'cover', kernel: 'lanczos3' })
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  if (sigma > 0) addGrain(data, sigma);
  return sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 90 })
    .toBuffer();
}

/** One photograph from JPEG to PNGs: the milliseconds of each step. */
async function steps(segmenter: Segmenter, jpeg: Uint8Array) {
  const times: Record<string, number> = {};
  const timed = async <T>(step: string, work: () => T | Promise<T>): Promise<T> => {
    const start = performance.now();
    const result = await work();
    times[step] = performance.now() - start;
    return result;
  };
  const image = await timed('decode', () => decodeImage(jpeg));
  const answer = await segmenter.segment(image);
  const { preprocess, network, labelMap } = answer.timings;
  Object.assign(times, { 'scale to the network': preprocess, network, 'label map': labelMap });
  const overlay = await timed('colour', () => answer.overlay());
  const legend = answer.legend();
  const framed = await timed('legend', () => addLegend(overlay, legend, rasteriser));
  const mask = answer.mask();
  await timed('encode overlay', () => encodeOverlayPng(framed));
  await timed('encode mask', () => encodeMaskPng(mask, mask.palette));
  return times;
}

const fileWork = ['decode', 'encode overlay', 'encode mask'];
const model = process.argv[2] ?? beside('models/deeplabv3_257_mv_gpu.tflite');
const segmenter = await Segmenter.load(model, { worker: false });
await segmenter.warmUp();
console.log(machine());
for (const [kind, sigma] of [
  ['smooth', 0],
  ['grainy', 6],
] as const) {
  const jpeg = await largePhoto(sigma);
  await steps(segmenter, jpeg);
  const all: Record<string, number>[] = [];
  for (let run = 0; run < runs; run++) all.push(await steps(segmenter, jpeg));
  const names = Object.keys(all[0] ?? {});
  const medians = names.map(
    (name) => [name, median(all.map((times) => times[name] ?? 0))] as const,
  );
  const sum = (wanted: (name: string) => boolean) =>
    medians.filter(([name]) => wanted(name)).reduce((total, [, time]) => total + time, 0);
  const own = sum((name) => !fileWork.includes(name));
  const files = sum((name) => fileWork.includes(name));
  console.log(`${kind}, ${width}x${height}, ${(jpeg.length / 1e6).toFixed(1)} MB of JPEG`);
  console.table(medians.map(([step, time]) => ({ step, 'ms (median)': milliseconds(time) })));
  console.log(
    `segmenting and colouring ${milliseconds(own)} ms, ` +
      `decoding and encoding ${milliseconds(files)} ms: ratio ${(own / files).toFixed(2)}`,
  );
}
await segmenter.dispose();
