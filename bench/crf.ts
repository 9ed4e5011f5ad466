/**
 * Dense CRF of a 500x375 photograph and 21 classes: time on one thread and on several, and memory.
 *
 *     node dist/bench/crf.js [photo]
 *
 * Without a photograph, one of PASCAL VOC beside the repository, or else one of the examples.
 */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { seededRandom } from '../src/core/random.js';
import {
  type ClassPlanes,
  type CrfOptions,
  type CrfParameters,
  denseCrf,
  publishedCrfParameters,
  unaryFromProbabilities,
} from '../src/crf/index.js';
import { DenseCrfThreads } from '../src/crf/node/index.js';
import { resizeImage } from '../src/image/index.js';
import { decodeImage } from '../src/image/node/index.js';
import { beside, machine, median, milliseconds, pause, timesOf } from './measure.js';

const width = 500;
const height = 375;
const classes = 21;
const runs = 9;

const parameterSets: Readonly<Record<string, CrfParameters>> = {
  'v2 ResNet-101: 4 67 3, 3 1': publishedCrfParameters['deeplabv2-resnet101'],
  'v2 VGG-16: 4 65 3, 2 2': publishedCrfParameters['deeplabv2-vgg16'],
  'wider colours: 5 50 10, 3 3': {
    bilateralWeight: 5,
    bilateralPositionDeviation: 50,
    bilateralColourDeviation: 10,
    spatialWeight: 3,
    spatialPositionDeviation: 3,
    iterations: 10,
  },
};

/** Probabilities as of a network of stride 8: coarse, three classes with objects, the rest noise. */
function networkProbabilities(): ClassPlanes {
  const random = seededRandom(7);
  const columns = Math.ceil(width / 8) + 1;
  const rows = Math.ceil(height / 8) + 1;
  const grid = Float32Array.from({ length: classes * rows * columns }, (_, at) => {
    const label = Math.floor(at / (rows * columns));
    const x = (at % columns) / columns - 0.5;
    const y = (Math.floor(at / columns) % rows) / rows - 0.5;
    const object =
      label === 8 ? Math.hypot(x / 0.2, y / 0.3) : Math.hypot((x + 0.3) / 0.1, y / 0.2);
    const lift = label === 0 ? 4 : label === 8 || label === 15 ? 10 - 6 * object : 0;
    return lift + 2 * random.uniform();
  });
  const data = new Float32Array(classes * height * width);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [fx, fy] = [(x % 8) / 8, (y % 8) / 8];
      let sum = 0;
      for (let label = 0; label < classes; label++) {
        const corner = (label * rows + (y >> 3)) * columns + (x >> 3);
        const at = (offset: number) => grid[corner + offset] as number;
        const top = (1 - fx) * at(0) + fx * at(1);
        const bottom = (1 - fx) * at(columns) + fx * at(columns + 1);
        const exponential = Math.exp((1 - fy) * top + fy * bottom);
        data[(label * height + y) * width + x] = exponential;
        sum += exponential;
      }
      for (let label = 0; label < classes; label++) {
        const at = (label * height + y) * width + x;
        data[at] = (data[at] as number) / sum;
      }
    }
  }
  return { data, classes, height, width };
}

const sample = beside('data/voc-sample/VOCdevkit/VOC2012/JPEGImages/2009_001323.jpg');
const file = process.argv[2] ?? (existsSync(sample) ? sample : 'examples/photos/chelsea.png');
const image = resizeImage(await decodeImage(file), width, height);
const unary = unaryFromProbabilities(networkProbabilities());
const most = availableParallelism();
console.log(
  `${machine()}; ${width}x${height}, ${classes} classes, 10 iterations, ${runs} runs each`,
);

for (const [name, parameters] of Object.entries(parameterSets)) {
  const rows: Record<string, string | number>[] = [];
  for (const engine of ['webassembly', 'javascript'] as const) {
    const options: CrfOptions = { engine };
    for (const threads of [...new Set([1, 2, most])].filter((each) => each <= most)) {
      const crf = new DenseCrfThreads(threads);
      const run = () => crf.run(image, unary, parameters, options);
      const [first = Number.NaN] = await timesOf(1, run);
      await run();
      const times = await timesOf(runs, run);
      await crf.close();
      await pause();
      rows.push({
        engine,
        threads,
        'first ms': milliseconds(first),
        'median ms': milliseconds(median(times)),
        'best ms': milliseconds(Math.min(...times)),
      });
    }
  }
  const { bytes, points } = denseCrf(image, unary, parameters);
  console.log(
    `\n${name}: lattice points ${points.join(' + ')}, arrays ${(bytes / 2 ** 20).toFixed(0)} MiB ` +
      `(${(bytes / (width * height)).toFixed(0)} bytes a pixel)`,
  );
  console.table(rows);
}
console.log(
  `peak memory of this process: ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB`,
);
