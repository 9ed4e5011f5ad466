import type { CropPart } from './vary-colour.js';

/**
 * Blurs a part of a crop in place by a Gaussian, cut off at three standard deviations; beyond the
 * part's edges its outermost pixels repeat.
 *
 * @param crop rows of `width` RGB pixels in floats.
 */
export function blurPart(crop: Float32Array, width: number, part: CropPart, sigma: number): void {
  const kernel = gaussian(sigma);
  const radius = (kernel.length - 1) / 2;
  const rowLength = (part.right - part.left) * 3;
  const rows = part.bottom - part.top;
  if (rowLength === 0 || rows === 0) return;
  const sideways = new Float32Array(rowLength * rows);
  const padded = new Float32Array(rowLength + 6 * radius);
  for (let y = 0; y < rows; y++) {
    const at = ((part.top + y) * width + part.left) * 3;
    padded.set(crop.subarray(at, at + rowLength), radius * 3);
    for (let i = 0; i < radius * 3; i++) {
      padded[i] = crop[at + (i % 3)] as number;
      padded[radius * 3 + rowLength + i] = crop[at + rowLength - 3 + (i % 3)] as number;
    }
    weighSideways(padded, kernel, sideways, y * rowLength, rowLength);
  }
  const line = new Float32Array(rowLength);
  for (let y = 0; y < rows; y++) {
    line.fill(0);
    for (let k = 0; k < kernel.length; k++) {
      const row = Math.min(rows - 1, Math.max(0, y + k - radius)) * rowLength;
      const weight = kernel[k] as number;
      for (let i = 0; i < rowLength; i++) {
        line[i] = (line[i] as number) + weight * (sideways[row + i] as number);
      }
    }
    crop.set(line, ((part.top + y) * width + part.left) * 3);
  }
}

function weighSideways(
  padded: Float32Array,
  kernel: Float32Array,
  target: Float32Array,
  offset: number,
  length: number,
): void {
  for (let i = 0; i < length; i++) {
    let sum = 0;
    for (let k = 0, at = i; k < kernel.length; k++, at += 3) {
      sum += (kernel[k] as number) * (padded[at] as number);
    }
    target[offset + i] = sum;
  }
}

/** exp(-x^2 / 2 sigma^2) at whole x, normalised to sum 1. */
function gaussian(sigma: number): Float32Array {
  const radius = Math.max(1, Math.ceil(3 * sigma));
  const weights = Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-((i - radius) ** 2) / (2 * sigma * sigma)),
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return Float32Array.from(weights, (weight) => weight / sum);
}
