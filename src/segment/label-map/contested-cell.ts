import type { ScoreGrid } from './score-grid.js';

/**
 * By how much the best class must lead at both ends of a run of pixels to be certain of those
 * between, as a share of a class's summed corner magnitudes: one interpolation along x errs by
 * less than 2^-51 of them, and the lead has to outlast four such errors.
 */
const certainLead = 2 ** -48;

/**
 * One bilinear cell whose corners disagree: the classes that can still win inside it.
 *
 * A class is dropped where another one beats it at every corner: scores no lower at any of the
 * four if the other's index is lower, strictly higher at all four if it is higher. That is exact,
 * also after rounding:
 *
 * - Each of the interpolation's float64 operations is monotone in each corner, since the weights
 *   are not negative. So "no lower at any corner" gives "no lower at any pixel", and ties go to
 *   the lower index anyway.
 * - Different float32 numbers x, y are at least 2^-24 · max(|x|, |y|) apart. So "higher at all
 *   corners" means higher by 2^-24 of the weighted sum of magnitudes, while four float64 roundings
 *   move either side by about 2^-51 of it: the order is strict after rounding too.
 *
 * Both need the stronger class to be finite. A class with NaN or -Infinity at a corner
 * interpolates to NaN or -Infinity in the whole cell, and cannot win.
 */
export class ContestedCell {
  readonly #data: Float32Array;
  readonly #classes: number;
  readonly #plane: number;
  /** Classes that remain, in rising order. */
  readonly #labels: Int32Array;
  /** Their scores at the corners: top left, top right, bottom left, bottom right. */
  readonly #corners: Float64Array;
  /** Their scores at the left and right edge of the cell on the present row. */
  readonly #edges: Float64Array;
  readonly #rivals = new Float64Array(16);
  readonly #rivalLabels = new Int32Array(4);
  #count = 0;
  #lead = 0;

  constructor(scores: ScoreGrid) {
    this.#data = scores.data;
    this.#classes = scores.classes;
    this.#plane = scores.height * scores.width;
    this.#labels = new Int32Array(scores.classes);
    this.#corners = new Float64Array(4 * scores.classes);
    this.#edges = new Float64Array(2 * scores.classes);
  }

  /** Moves to the cell between four grid points, whose winners are in `winners`. */
  enter(
    topLeft: number,
    topRight: number,
    bottomLeft: number,
    bottomRight: number,
    winners: Int32Array,
  ): void {
    const rivals = this.#enterRivals(topLeft, topRight, bottomLeft, bottomRight, winners);
    const data = this.#data;
    const corners = this.#corners;
    const lowest = Number.NEGATIVE_INFINITY;
    let count = 0;
    let largest = 0;
    for (let label = 0, offset = 0; label < this.#classes; label++, offset += this.#plane) {
      const a = data[offset + topLeft] as number;
      const b = data[offset + topRight] as number;
      const c = data[offset + bottomLeft] as number;
      const d = data[offset + bottomRight] as number;
      if (!(a > lowest && b > lowest && c > lowest && d > lowest)) continue;
      if (this.#isBeaten(label, a, b, c, d, rivals)) continue;
      const at = 4 * count;
      corners[at] = a;
      corners[at + 1] = b;
      corners[at + 2] = c;
      corners[at + 3] = d;
      this.#labels[count] = label;
      count++;
      const magnitude = Math.abs(a) + Math.abs(b) + Math.abs(c) + Math.abs(d);
      if (magnitude > largest) largest = magnitude;
    }
    this.#count = count;
    this.#lead = largest * certainLead;
  }

  /** Moves to the row at fraction `fy` from top to bottom. */
  enterRow(fy: number): void {
    const uy = 1 - fy;
    const corners = this.#corners;
    const edges = this.#edges;
    for (let at = 0, edge = 0; edge < 2 * this.#count; at += 4, edge += 2) {
      edges[edge] = uy * (corners[at] as number) + fy * (corners[at + 2] as number);
      edges[edge + 1] = uy * (corners[at + 1] as number) + fy * (corners[at + 3] as number);
    }
  }

  /**
   * The winner at fraction `fx` of the present row: its class where it leads by more than rounding
   * can account for, else the complement (~class). Class 0 where no class is above -Infinity.
   */
  winnerAt(fx: number): number {
    const ux = 1 - fx;
    const edges = this.#edges;
    const end = 2 * this.#count;
    let best = Number.NEGATIVE_INFINITY;
    let second = Number.NEGATIVE_INFINITY;
    let bestEdge = -1;
    for (let edge = 0; edge < end; edge += 2) {
      const score = ux * (edges[edge] as number) + fx * (edges[edge + 1] as number);
      if (score > best) {
        second = best;
        best = score;
        bestEdge = edge;
      } else if (score > second) {
        second = score;
      }
    }
    if (bestEdge < 0) return ~0;
    const label = this.#labels[bestEdge >> 1] as number;
    return best - second > this.#lead ? label : ~label;
  }

  /** Notes the corners' different winners that are finite in the whole cell; returns how many. */
  #enterRivals(
    topLeft: number,
    topRight: number,
    bottomLeft: number,
    bottomRight: number,
    winners: Int32Array,
  ): number {
    const first = winners[topLeft] as number;
    const second = winners[topRight] as number;
    const third = winners[bottomLeft] as number;
    const fourth = winners[bottomRight] as number;
    let count = 0;
    for (let corner = 0; corner < 4; corner++) {
      const label = corner === 0 ? first : corner === 1 ? second : corner === 2 ? third : fourth;
      const isRepeated =
        (corner > 0 && label === first) ||
        (corner > 1 && label === second) ||
        (corner > 2 && label === third);
      if (label < 0 || isRepeated) continue;
      const offset = label * this.#plane;
      const a = this.#data[offset + topLeft] as number;
      const b = this.#data[offset + topRight] as number;
      const c = this.#data[offset + bottomLeft] as number;
      const d = this.#data[offset + bottomRight] as number;
      // The winner of a corner may be infinite or NaN at another one.
      if (!Number.isFinite(a + b + c + d)) continue;
      const at = 4 * count;
      this.#rivals[at] = a;
      this.#rivals[at + 1] = b;
      this.#rivals[at + 2] = c;
      this.#rivals[at + 3] = d;
      this.#rivalLabels[count] = label;
      count++;
    }
    return count;
  }

  /** Whether one of the corners' winners rules a class out. */
  #isBeaten(label: number, a: number, b: number, c: number, d: number, rivals: number): boolean {
    const corners = this.#rivals;
    for (let rival = 0, at = 0; rival < rivals; rival++, at += 4) {
      const p = corners[at] as number;
      const q = corners[at + 1] as number;
      const r = corners[at + 2] as number;
      const s = corners[at + 3] as number;
      const rivalLabel = this.#rivalLabels[rival] as number;
      const isBeaten =
        rivalLabel < label
          ? p >= a && q >= b && r >= c && s >= d
          : p > a && q > b && r > c && s > d;
      if (isBeaten) return true;
    }
    return false;
  }
}
