/**
 * Label maps from low-resolution logits: time against evaluating every class at every pixel.
 *
 *     node dist/bench/label-map.js
 */
import { seededRandom } from '../src/core/random.js';
import { type AxisSamples, pictureSamples } from '../src/segment/label-map/coordinates.js';
import { labelMap } from '../src/segment/label-map/label-map.js';
import { probabilities } from '../src/segment/label-map/probabilities.js';
import { resampleLabels } from '../src/segment/label-map/resample-labels.js';
import type { ScoreGrid } from '../src/segment/label-map/score-grid.js';
import { machine } from './measure.js';

/** A flat background and soft elliptical objects of some classes, over slight smooth ripple. */
function blobs(classes: number, height: number, width: number): ScoreGrid {
  const random = seededRandom(7);
  const data = new Float32Array(classes * height * width);
  const objects = Array.from({ length: 6 }, () => ({
    label: random.integer(1, classes - 1),
    x: random.uniform(),
    y: random.uniform(),
    radiusX: 0.08 + 0.15 * random.uniform(),
    radiusY: 0.08 + 0.2 * random.uniform(),
  }));
  for (let label = 0, index = 0; label < classes; label++) {
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++, index++) {
        const x = column / width;
        const y = row / height;
        let score = label === 0 ? 4 : -2 + 0.5 * Math.sin(label + 9 * x) * Math.cos(label + 7 * y);
        for (const object of objects) {
          if (object.label !== label) continue;
          const distance = Math.hypot(
            (x - object.x) / object.radiusX,
            (y - object.y) / object.radiusY,
          );
          score = Math.max(score, 12 - 8 * distance);
        }
        data[index] = score;
      }
    }
  }
  return { data, classes, height, width };
}

function noise(classes: number, height: number, width: number): ScoreGrid {
  const random = seededRandom(11);
  const data = Float32Array.from({ length: classes * height * width }, () => random.normal());
  return { data, classes, height, width };
}

/** Every class at every pixel, the rows' terms hoisted. */
function everyPixel(scores: ScoreGrid, x: AxisSamples, y: AxisSamples, out: Uint8Array): void {
  const { data, classes, height, width } = scores;
  const columns = x.cell.length;
  for (let row = 0; row < y.cell.length; row++) {
    const top = (y.cell[row] as number) * width;
    const bottom = Math.min((y.cell[row] as number) + 1, height - 1) * width;
    const fy = y.fraction[row] as number;
    const uy = 1 - fy;
    for (let column = 0; column < columns; column++) {
      const left = x.cell[column] as number;
      const right = left + 1 < width ? left + 1 : left;
      const fx = x.fraction[column] as number;
      const ux = 1 - fx;
      let best = Number.NEGATIVE_INFINITY;
      let winner = 0;
      for (let label = 0, plane = 0; label < classes; label++, plane += height * width) {
        const a = data[plane + top + left] as number;
        const b = data[plane + top + right] as number;
        const c = data[plane + bottom + left] as number;
        const d = data[plane + bottom + right] as number;
        const score = ux * (uy * a + fy * c) + fx * (uy * b + fy * d);
        if (score > best) {
          best = score;
          winner = label;
        }
      }
      out[row * columns + column] = winner;
    }
  }
}

function time(run: () => void): number {
  const start = performance.now();
  run();
  return performance.now() - start;
}

/** Median of repeated runs, in milliseconds, within about `budget` milliseconds. */
function warm(run: () => void, budget = 600): number {
  const times: number[] = [];
  run();
  const end = performance.now() + budget;
  while (times.length < 3 || (performance.now() < end && times.length < 500)) times.push(time(run));
  times.sort((a, b) => a - b);
  return times[times.length >> 1] as number;
}

const sides = (
  width: number,
  height: number,
  input: number,
  grid: number,
): readonly [AxisSamples, AxisSamples] => {
  const scale = input / Math.max(width, height);
  const axis = (picture: number) =>
    pictureSamples({
      picture,
      valid: Math.round(picture * scale),
      input,
      grid,
      convention: 'align-corners',
    });
  return [axis(width), axis(height)];
};

const format = (milliseconds: number) => milliseconds.toFixed(milliseconds < 10 ? 3 : 1);

const [firstX, firstY] = sides(500, 500, 513, 33);
const first = blobs(21, 33, 33);
const firstCall = time(() => labelMap(first, firstX, firstY));
const secondCall = time(() => labelMap(first, firstX, firstY));

const cases = [
  { name: 'blobs 21x33x33', scores: blobs(21, 33, 33), width: 500, height: 500, input: 513 },
  { name: 'blobs 21x65x65', scores: blobs(21, 65, 65), width: 500, height: 500, input: 513 },
  { name: 'blobs 150x33x33', scores: blobs(150, 33, 33), width: 683, height: 512, input: 513 },
  { name: 'blobs 19x257x257', scores: blobs(19, 257, 257), width: 1025, height: 1025, input: 1025 },
  { name: 'blobs 21x257x257', scores: blobs(21, 257, 257), width: 100, height: 100, input: 257 },
  { name: 'blobs 21x33x33', scores: blobs(21, 33, 33), width: 4000, height: 3000, input: 513 },
  { name: 'noise 21x33x33', scores: noise(21, 33, 33), width: 500, height: 500, input: 513 },
  { name: 'noise 21x65x65', scores: noise(21, 65, 65), width: 500, height: 500, input: 513 },
  { name: 'noise 21x33x33', scores: noise(21, 33, 33), width: 4000, height: 3000, input: 513 },
];

const rows = cases.map(({ name, scores, width, height, input }) => {
  const [x, y] = sides(width, height, input, scores.width);
  const out = new Uint8Array(width * height);
  const fresh = warm(() => labelMap(scores, x, y));
  const reused = warm(() => labelMap(scores, x, y, out));
  const full = warm(() => everyPixel(scores, x, y, out), 300);
  return {
    scores: name,
    output: `${width}x${height}`,
    'ms, new array': format(fresh),
    'ms, given array': format(reused),
    'ms, every pixel': format(full),
    'times as fast': (full / fresh).toFixed(1),
  };
});
console.log(machine());
console.table(rows);
console.log(
  `first call in a new process, 500x500: ${format(firstCall)} ms, second ${format(secondCall)} ms`,
);

const [x, y] = sides(500, 500, 513, 33);
const modelLabels = labelMap(first, ...sides(513, 513, 513, 33));
const [labelX, labelY] = sides(4000, 3000, 513, 513);
console.table([
  { what: 'probabilities 21x500x500', ms: format(warm(() => probabilities(first, x, y))) },
  {
    what: 'labels 513x513 to 4000x3000',
    ms: format(warm(() => resampleLabels(modelLabels, labelX, labelY))),
  },
]);
