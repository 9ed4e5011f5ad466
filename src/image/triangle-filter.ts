/**
 * The weights that make each output sample of a one-dimensional resize.
 *
 * Output `i` is the sum over `k < counts[i]` of `weights[i * stride + k] * input[first[i] + k]`;
 * the weights of one output add up to 1.
 */
export interface FilterTaps {
  readonly first: Int32Array;
  readonly counts: Int32Array;
  readonly weights: Float64Array;
  /** Room for weights per output: the largest count there can be. */
  readonly stride: number;
}

/**
 * Triangle filter between two lengths with half-pixel centres: bilinear interpolation when
 * growing, widened by the ratio when shrinking, so that no input sample is skipped.
 *
 * Output sample i lies at c = (i + 0.5) * s, s = inputLength / outputLength; input sample x weighs
 * max(0, 1 - |x + 0.5 - c| / max(s, 1)), normalised, with samples beyond the ends left out.
 */
export function triangleFilter(inputLength: number, outputLength: number): FilterTaps {
  const step = inputLength / outputLength;
  const radius = Math.max(step, 1);
  const stride = Math.min(inputLength, Math.ceil(radius * 2) + 1);
  const first = new Int32Array(outputLength);
  const counts = new Int32Array(outputLength);
  const weights = new Float64Array(outputLength * stride);
  for (let i = 0; i < outputLength; i++) {
    const centre = (i + 0.5) * step;
    // Samples whose centre lies strictly inside the filter; at the ends there is always one.
    const start = Math.max(0, Math.floor(centre - radius - 0.5) + 1);
    const end = Math.min(inputLength, Math.ceil(centre + radius - 0.5));
    let total = 0;
    for (let x = start; x < end; x++) total += 1 - Math.abs(x + 0.5 - centre) / radius;
    for (let x = start; x < end; x++) {
      weights[i * stride + x - start] = (1 - Math.abs(x + 0.5 - centre) / radius) / total;
    }
    first[i] = start;
    counts[i] = end - start;
  }
  return { first, counts, weights, stride };
}
