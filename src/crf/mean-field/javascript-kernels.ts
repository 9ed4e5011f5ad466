import { expOfNegative } from './exponential.js';
import type { Kernels } from './kernels.js';

const splat: Kernels['splat'] = (rows, beliefs, lanes, values, from, to) => {
  const { start, pixel, weight } = rows;
  let end = start[from] as number;
  for (let point = from; point < to; point++) {
    const first = end;
    end = start[point + 1] as number;
    // Four sums fit into registers; a loop over the lanes inside would keep them in memory.
    for (let lane = 0, out = point * lanes; lane < lanes; lane += 4, out += 4) {
      let sum0 = 0;
      let sum1 = 0;
      let sum2 = 0;
      let sum3 = 0;
      for (let entry = first; entry < end; entry++) {
        const share = weight[entry] as number;
        const at = (pixel[entry] as number) * lanes + lane;
        sum0 += share * (beliefs[at] as number);
        sum1 += share * (beliefs[at + 1] as number);
        sum2 += share * (beliefs[at + 2] as number);
        sum3 += share * (beliefs[at + 3] as number);
      }
      values[out] = sum0;
      values[out + 1] = sum1;
      values[out + 2] = sum2;
      values[out + 3] = sum3;
    }
  }
};

const blur: Kernels['blur'] = (chains, values, lanes, from, to) => {
  let start = from;
  // A chain that began earlier belongs to the range before.
  if (start > 0) while (start < to && (chains[start - 1] as number) >= 0) start++;
  while (start < to) {
    let end = start;
    for (let lane = 0; lane < lanes; lane++) {
      let at = (chains[start] as number) * lanes + lane;
      let previous = 0;
      let value = values[at] as number;
      let entry: number;
      end = start + 1;
      do {
        entry = chains[end++] as number;
        const next = (entry < 0 ? ~entry : entry) * lanes + lane;
        const following = values[next] as number;
        values[at] = value + 0.5 * (previous + following);
        previous = value;
        value = following;
        at = next;
      } while (entry >= 0);
      values[at] = value + 0.5 * previous;
    }
    start = end;
  }
};

const merge: Kernels['merge'] = (values, mirror, from, to) => {
  for (let at = from; at < to; at++) {
    values[at] = 0.5 * ((values[at] as number) + (mirror[at] as number));
  }
};

const slice: Kernels['slice'] = (term, lanes, from, to, sums) => {
  const { vertices, slice: weights, sides, total, values } = term;
  let row = 0;
  for (let pixel = from; pixel < to; pixel++) {
    let rest = total[pixel] as number;
    const end = (pixel + 1) * sides;
    for (let entry = pixel * sides; entry < end; entry += 3) {
      const a = (vertices[entry] as number) * lanes;
      const b = (vertices[entry + 1] as number) * lanes;
      const c = (vertices[entry + 2] as number) * lanes;
      const u = weights[entry] as number;
      const v = weights[entry + 1] as number;
      const w = weights[entry + 2] as number;
      for (let lane = 0; lane < lanes; lane++) {
        const sum =
          u * (values[a + lane] as number) +
          v * (values[b + lane] as number) +
          w * (values[c + lane] as number);
        sums[row + lane] = (sums[row + lane] as number) + sum;
        rest -= sum;
      }
    }
    sums[row + lanes] = (sums[row + lanes] as number) + rest;
    row += lanes + 4;
  }
};

const weigh: Kernels['weigh'] = (costs, sums, width, rows, ratings) => {
  for (let row = 0; row < rows * width; row += width) {
    for (let label = 0; label < width; label++) {
      let cost = 0;
      for (let other = 0; other < width; other++) {
        cost += (costs[label * width + other] as number) * (sums[row + other] as number);
      }
      ratings[row + label] = -cost;
    }
  }
};

const softmax: Kernels['softmax'] = (ratings, energies, width, from, to, out, stride) => {
  let row = 0;
  for (let pixel = from; pixel < to; pixel++) {
    const first = pixel * width;
    let best = Number.NEGATIVE_INFINITY;
    for (let label = 0; label < width; label++) {
      const score = (ratings[row + label] as number) - (energies[first + label] as number);
      ratings[row + label] = score;
      if (score > best) best = score;
    }
    best = Math.fround(best);
    let sum = 0;
    for (let label = 0; label < width; label++) {
      const exponential = expOfNegative((ratings[row + label] as number) - best);
      ratings[row + label] = exponential;
      sum += exponential;
    }
    const scale = 1 / sum;
    for (let label = 0, at = pixel * stride; label < stride; label++, at++) {
      out[at] = (ratings[row + label] as number) * scale;
    }
    row += width;
  }
};

/** The inner loops in JavaScript: sums in double precision, stored as float32. */
export const javascriptKernels: Kernels = { splat, blur, merge, slice, weigh, softmax };
