/**
 * What a label map costs beside its network, on photographs of up to a quarter of a megapixel.
 *
 *     node dist/bench/label-map-and-network.js [MODEL]
 */
import { existsSync } from 'node:fs';
import sharp from 'sharp';
import { decodeImage } from '../src/image/node/index.js';
import { Segmenter } from '../src/segment/node/segmenter.js';
import { beside, machine, median, milliseconds } from './measure.js';

const photos = [
  beside('images/pets.jpg'),
  beside('images/cat_720p.jpg'),
  'examples/photos/chelsea.png',
  'examples/photos/astronaut.png',
].filter(existsSync);

const sizes = [
  [250, 250],
  [500, 375],
  [500, 500],
] as const;

const runs = 30;
const model = process.argv[2] ?? beside('models/deeplabv3_257_mv_gpu.tflite');
const rows: object[] = [];
for (const threads of [1, 2]) {
  const segmenter = await Segmenter.load(model, { threads, worker: false });
  await segmenter.warmUp();
  for (const [width, height] of sizes) {
    for (const photo of photos) {
      const png = await sharp(photo).resize(width, height, { fit: 'cover' }).png().toBuffer();
      const picture = await decodeImage(png);
      const network: number[] = [];
      const labelMap: number[] = [];
      for (let run = 0; run < runs; run++) {
        const { timings } = await segmenter.segment(picture);
        network.push(timings.network);
        labelMap.push(timings.labelMap);
      }
      rows.push({
        photo: photo.replace(/^.*[\\/]/, ''),
        size: `${width}x${height}`,
        threads,
        'network, ms': milliseconds(median(network)),
        'label map, ms': milliseconds(median(labelMap)),
        'label map / network': (median(labelMap) / median(network)).toFixed(3),
      });
    }
  }
  await segmenter.dispose();
}
console.log(machine());
console.table(rows);
