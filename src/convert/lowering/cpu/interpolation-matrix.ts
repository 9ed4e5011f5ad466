/**
 * The matrix [to, from] of linear interpolation between aligned corners: each row holds the two
 * weights of a sample at i (from - 1) / (to - 1).
 */
export function interpolationMatrix(from: number, to: number): Float32Array {
  const matrix = new Float32Array(to * from);
  const scale = to === 1 ? 0 : (from - 1) / (to - 1);
  for (let sample = 0; sample < to; sample++) {
    const position = sample * scale;
    const lower = Math.min(Math.floor(position), from - 1);
    const upper = Math.min(lower + 1, from - 1);
    const weight = position - lower;
    const row = sample * from;
    matrix[row + lower] = (matrix[row + lower] ?? 0) + 1 - weight;
    matrix[row + upper] = (matrix[row + upper] ?? 0) + weight;
  }
  return matrix;
}
