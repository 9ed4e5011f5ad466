/** Receives each finished row of a vertical pass, top to bottom; the array is reused. */
export type RowSink = (row: Float32Array, index: number) => void;

/** Interleaved 8-bit samples: `rowLength` of them in each of `height` rows. */
export interface SampleRows {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly rowLength: number;
  readonly height: number;
}

/**
 * Rows that one packed sum takes: two 16-bit lanes hold at most 255 * (0 + 1 + … + 22) = 64515.
 */
const rowsPerSum = 23;

/**
 * Vertical pass of a strong reduction with the triangle filter, exact up to float32 rounding.
 *
 * Between the centres c_i and c_{i+1} of two neighbouring output rows, which lie one filter radius
 * s apart, an input row y counts 1 - t for output i and t for i + 1, t = (y + 0.5 - c_i) / s. So
 * two sums over the rows in between, S0 = sum p and S1 = sum k * p with k counted from their first
 * row, give both shares: each input byte is read once and four bytes are added in one word. That
 * is about four times as fast as multiplying every byte with each weight.
 */
export function shrinkRows(source: SampleRows, outputHeight: number, sink: RowSink): void {
  const { data, rowLength, height } = source;
  const radius = height / outputHeight;
  const bytes = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let current = new Float32Array(rowLength);
  let next = new Float32Array(rowLength);
  let currentTotal = 0;
  let nextTotal = 0;

  let y = 0;
  for (let i = -1; i < outputHeight; i++) {
    const centre = (i + 0.5) * radius;
    const end = i + 1 < outputHeight ? Math.ceil(centre + radius - 0.5) : height;
    while (y < end) {
      const count = Math.min(rowsPerSum, end - y);
      const firstShare = (y + 0.5 - centre) / radius;
      addRows(bytes, y * rowLength, count, firstShare, 1 / radius, current, next);
      const nextShare = count * firstShare + (count * (count - 1)) / 2 / radius;
      nextTotal += nextShare;
      currentTotal += count - nextShare;
      y += count;
    }
    if (i >= 0) {
      const scale = 1 / currentTotal;
      for (let j = 0; j < rowLength; j++) current[j] = (current[j] as number) * scale;
      sink(current, i);
    }
    [current, next] = [next, current.fill(0)];
    [currentTotal, nextTotal] = [nextTotal, 0];
  }
}

/** Adds `count` rows from byte `start` on, shared between the outputs before and after them. */
function addRows(
  bytes: DataView,
  start: number,
  count: number,
  firstShare: number,
  shareStep: number,
  current: Float32Array,
  next: Float32Array,
): void {
  const rowLength = current.length;
  const wordEnd = rowLength & ~3;
  for (let j = 0; j < wordEnd; j += 4) {
    let evenSum = 0;
    let oddSum = 0;
    let evenMoment = 0;
    let oddMoment = 0;
    let at = start + j;
    for (let k = 0; k < count; k++) {
      const word = bytes.getInt32(at, true);
      const even = word & 0x00ff00ff;
      const odd = (word >>> 8) & 0x00ff00ff;
      evenSum = (evenSum + even) | 0;
      oddSum = (oddSum + odd) | 0;
      evenMoment = (evenMoment + Math.imul(even, k)) | 0;
      oddMoment = (oddMoment + Math.imul(odd, k)) | 0;
      at += rowLength;
    }
    share(current, next, j, evenSum & 0xffff, evenMoment & 0xffff, firstShare, shareStep);
    share(current, next, j + 1, oddSum & 0xffff, oddMoment & 0xffff, firstShare, shareStep);
    share(current, next, j + 2, evenSum >>> 16, evenMoment >>> 16, firstShare, shareStep);
    share(current, next, j + 3, oddSum >>> 16, oddMoment >>> 16, firstShare, shareStep);
  }
  for (let j = wordEnd; j < rowLength; j++) {
    let sum = 0;
    let moment = 0;
    for (let k = 0; k < count; k++) {
      const value = bytes.getUint8(start + j + k * rowLength);
      sum += value;
      moment += value * k;
    }
    share(current, next, j, sum, moment, firstShare, shareStep);
  }
}

function share(
  current: Float32Array,
  next: Float32Array,
  j: number,
  sum: number,
  moment: number,
  firstShare: number,
  shareStep: number,
): void {
  const later = firstShare * sum + shareStep * moment;
  current[j] = (current[j] as number) + sum - later;
  next[j] = (next[j] as number) + later;
}
