// The inner loops of the mean field in AssemblyScript, four float32 numbers at a time.
//
// What they do is written at `Kernels` in ../mean-field/kernels.ts; arrays are addresses in the
// memory that all of them share. `lanes` and `width` are multiples of 4.
//
// Rows are worked on in blocks of 20 lanes (80 bytes, five registers), which is a whole row for the
// 21 classes of PASCAL VOC and the 19 of Cityscapes; what is left, 4 lanes at a time. A block reads
// each index and weight once, and the points, which lie anywhere in memory, one time instead of five.
//
// binary.ts is this file compiled: `node tools/crf-kernels.mjs` after a change. The ending is not .ts
// because TypeScript would read it otherwise.

/** Pixels summed before their sum is added to the whole: keeps float32 sums of many pixels exact. */
const block: i32 = 128;

export function splat(
  start: usize, pixel: usize, weight: usize, beliefs: usize, lanes: i32, values: usize, from: i32, to: i32,
): void {
  const row = <usize>lanes << 2;
  for (let point = from; point < to; point++) {
    const first = load<i32>(start + (<usize>point << 2));
    const end = load<i32>(start + (<usize>point << 2), 4);
    const out = values + <usize>point * row;
    let lane: usize = 0;
    for (; lane + 80 <= row; lane += 80) {
      let a = f32x4.splat(0), b = a, c = a, d = a, e = a;
      for (let begin = first; begin < end; begin += block) {
        const stop = min(begin + block, end);
        let p = f32x4.splat(0), q = p, r = p, s = p, t = p;
        for (let entry = <usize>begin << 2; entry < <usize>stop << 2; entry += 4) {
          const share = v128.load32_splat(weight + entry);
          const at = beliefs + lane + <usize>load<i32>(pixel + entry) * row;
          p = f32x4.add(p, f32x4.mul(share, v128.load(at)));
          q = f32x4.add(q, f32x4.mul(share, v128.load(at, 16)));
          r = f32x4.add(r, f32x4.mul(share, v128.load(at, 32)));
          s = f32x4.add(s, f32x4.mul(share, v128.load(at, 48)));
          t = f32x4.add(t, f32x4.mul(share, v128.load(at, 64)));
        }
        a = f32x4.add(a, p);
        b = f32x4.add(b, q);
        c = f32x4.add(c, r);
        d = f32x4.add(d, s);
        e = f32x4.add(e, t);
      }
      v128.store(out + lane, a);
      v128.store(out + lane, b, 16);
      v128.store(out + lane, c, 32);
      v128.store(out + lane, d, 48);
      v128.store(out + lane, e, 64);
    }
    for (; lane < row; lane += 16) {
      let a = f32x4.splat(0);
      for (let begin = first; begin < end; begin += block) {
        const stop = min(begin + block, end);
        let p = f32x4.splat(0);
        for (let entry = <usize>begin << 2; entry < <usize>stop << 2; entry += 4) {
          const share = v128.load32_splat(weight + entry);
          const at = beliefs + lane + <usize>load<i32>(pixel + entry) * row;
          p = f32x4.add(p, f32x4.mul(share, v128.load(at)));
        }
        a = f32x4.add(a, p);
      }
      v128.store(out + lane, a);
    }
  }
}

export function blur(chains: usize, values: usize, lanes: i32, from: i32, to: i32): void {
  const row = <usize>lanes << 2;
  const half = f32x4.splat(0.5);
  let start = from;
  if (start > 0) while (start < to && load<i32>(chains + (<usize>(start - 1) << 2)) >= 0) start++;
  while (start < to) {
    let end = start;
    let lane: usize = 0;
    for (; lane + 80 <= row; lane += 80) {
      const base = values + lane;
      let entry = load<i32>(chains + (<usize>start << 2));
      let at = base + <usize>entry * row;
      let pa = f32x4.splat(0), pb = pa, pc = pa, pd = pa, pe = pa;
      let a = v128.load(at), b = v128.load(at, 16), c = v128.load(at, 32), d = v128.load(at, 48), e = v128.load(at, 64);
      end = start + 1;
      do {
        entry = load<i32>(chains + (<usize>end << 2));
        end++;
        const next = base + <usize>(entry < 0 ? ~entry : entry) * row;
        const na = v128.load(next), nb = v128.load(next, 16), nc = v128.load(next, 32), nd = v128.load(next, 48), ne = v128.load(next, 64);
        v128.store(at, f32x4.add(a, f32x4.mul(half, f32x4.add(pa, na))));
        v128.store(at, f32x4.add(b, f32x4.mul(half, f32x4.add(pb, nb))), 16);
        v128.store(at, f32x4.add(c, f32x4.mul(half, f32x4.add(pc, nc))), 32);
        v128.store(at, f32x4.add(d, f32x4.mul(half, f32x4.add(pd, nd))), 48);
        v128.store(at, f32x4.add(e, f32x4.mul(half, f32x4.add(pe, ne))), 64);
        pa = a; pb = b; pc = c; pd = d; pe = e;
        a = na; b = nb; c = nc; d = nd; e = ne;
        at = next;
      } while (entry >= 0);
      v128.store(at, f32x4.add(a, f32x4.mul(half, pa)));
      v128.store(at, f32x4.add(b, f32x4.mul(half, pb)), 16);
      v128.store(at, f32x4.add(c, f32x4.mul(half, pc)), 32);
      v128.store(at, f32x4.add(d, f32x4.mul(half, pd)), 48);
      v128.store(at, f32x4.add(e, f32x4.mul(half, pe)), 64);
    }
    for (; lane < row; lane += 16) {
      const base = values + lane;
      let entry = load<i32>(chains + (<usize>start << 2));
      let at = base + <usize>entry * row;
      let previous = f32x4.splat(0);
      let value = v128.load(at);
      end = start + 1;
      do {
        entry = load<i32>(chains + (<usize>end << 2));
        end++;
        const next = base + <usize>(entry < 0 ? ~entry : entry) * row;
        const following = v128.load(next);
        v128.store(at, f32x4.add(value, f32x4.mul(half, f32x4.add(previous, following))));
        previous = value;
        value = following;
        at = next;
      } while (entry >= 0);
      v128.store(at, f32x4.add(value, f32x4.mul(half, previous)));
    }
    start = end;
  }
}

/** Elements are counted in fours. */
export function merge(values: usize, mirror: usize, from: i32, to: i32): void {
  const half = f32x4.splat(0.5);
  for (let at = <usize>from << 2; at < <usize>to << 2; at += 16) {
    const sum = f32x4.add(v128.load(values + at), v128.load(mirror + at));
    v128.store(values + at, f32x4.mul(half, sum));
  }
}

export function slice(
  vertices: usize, weights: usize, sides: i32, total: usize, values: usize, lanes: i32, from: i32, to: i32, sums: usize,
): void {
  const row = <usize>lanes << 2;
  let out = sums;
  for (let pixel = from; pixel < to; pixel++) {
    let all = f32x4.splat(0);
    const first = <usize>(pixel * sides) << 2;
    const end = first + (<usize>sides << 2);
    let lane: usize = 0;
    for (; lane + 80 <= row; lane += 80) {
      let a = f32x4.splat(0), b = a, c = a, d = a, e = a;
      for (let entry = first; entry < end; entry += 4) {
        const share = v128.load32_splat(weights + entry);
        const at = values + lane + <usize>load<i32>(vertices + entry) * row;
        a = f32x4.add(a, f32x4.mul(share, v128.load(at)));
        b = f32x4.add(b, f32x4.mul(share, v128.load(at, 16)));
        c = f32x4.add(c, f32x4.mul(share, v128.load(at, 32)));
        d = f32x4.add(d, f32x4.mul(share, v128.load(at, 48)));
        e = f32x4.add(e, f32x4.mul(share, v128.load(at, 64)));
      }
      const to = out + lane;
      v128.store(to, f32x4.add(v128.load(to), a));
      v128.store(to, f32x4.add(v128.load(to, 16), b), 16);
      v128.store(to, f32x4.add(v128.load(to, 32), c), 32);
      v128.store(to, f32x4.add(v128.load(to, 48), d), 48);
      v128.store(to, f32x4.add(v128.load(to, 64), e), 64);
      all = f32x4.add(all, f32x4.add(f32x4.add(a, b), f32x4.add(c, f32x4.add(d, e))));
    }
    for (; lane < row; lane += 16) {
      let a = f32x4.splat(0);
      for (let entry = first; entry < end; entry += 4) {
        const share = v128.load32_splat(weights + entry);
        const at = values + lane + <usize>load<i32>(vertices + entry) * row;
        a = f32x4.add(a, f32x4.mul(share, v128.load(at)));
      }
      v128.store(out + lane, f32x4.add(v128.load(out + lane), a));
      all = f32x4.add(all, a);
    }
    const rest = load<f32>(total + (<usize>pixel << 2)) - sumOf(all);
    store<f32>(out + row, load<f32>(out + row) + rest);
    out += row + 16;
  }
}

export function weigh(costs: usize, sums: usize, width: i32, rows: i32, ratings: usize): void {
  const row = <usize>width << 2;
  const end = sums + <usize>rows * row;
  for (let from = sums, to = ratings; from < end; from += row, to += row) {
    for (let lane: usize = 0; lane < row; lane += 16) {
      let cost = f32x4.splat(0);
      // The matrix is symmetric: the costs of a column stand side by side in a row.
      for (let other: usize = 0, column = costs + lane; other < row; other += 4, column += row) {
        cost = f32x4.add(cost, f32x4.mul(v128.load32_splat(from + other), v128.load(column)));
      }
      v128.store(to + lane, f32x4.neg(cost));
    }
  }
}

export function softmax(
  ratings: usize, energies: usize, width: i32, from: i32, to: i32, out: usize, stride: i32,
): void {
  const row = <usize>width << 2;
  const outRow = <usize>stride << 2;
  for (let pixel = from, rating = ratings; pixel < to; pixel++, rating += row) {
    const energy = energies + <usize>pixel * row;
    let best = f32x4.splat(-f32.MAX_VALUE);
    for (let lane: usize = 0; lane < row; lane += 16) {
      const score = f32x4.sub(v128.load(rating + lane), v128.load(energy + lane));
      best = f32x4.pmax(best, score);
      v128.store(rating + lane, score);
    }
    const top = f32x4.splat(
      max(
        max(f32x4.extract_lane(best, 0), f32x4.extract_lane(best, 1)),
        max(f32x4.extract_lane(best, 2), f32x4.extract_lane(best, 3)),
      ),
    );
    let sum = f32x4.splat(0);
    for (let lane: usize = 0; lane < row; lane += 16) {
      const exponential = expOfNegative(f32x4.sub(v128.load(rating + lane), top));
      sum = f32x4.add(sum, exponential);
      v128.store(rating + lane, exponential);
    }
    const scale = f32x4.splat(1 / sumOf(sum));
    const at = out + <usize>pixel * outRow;
    for (let lane: usize = 0; lane < outRow; lane += 16) {
      v128.store(at + lane, f32x4.mul(v128.load(rating + lane), scale));
    }
  }
}

function sumOf(vector: v128): f32 {
  return (
    f32x4.extract_lane(vector, 0) + f32x4.extract_lane(vector, 1) +
    (f32x4.extract_lane(vector, 2) + f32x4.extract_lane(vector, 3))
  );
}

/**
 * e^x for x <= 0, to 1e-7 relative; 0 below -87, where it is no longer a normal number.
 *
 * 2^n times the polynomial of e^r, |r| <= ln 2 / 2, of the Cephes library's expf (Stephen Moshier).
 */
function expOfNegative(x: v128): v128 {
  const lowest = f32x4.splat(-87);
  const bounded = f32x4.pmax(x, lowest);
  // Adding 1.5 · 2^23 rounds to a whole number, which then stands in the lowest bits.
  const rounder = f32x4.splat(12582912);
  const rounded = f32x4.add(f32x4.mul(bounded, f32x4.splat(1.44269504088896341)), rounder);
  const n = f32x4.sub(rounded, rounder);
  // ln 2 in two parts, the first of which has so few bits that n times it is exact.
  let r = f32x4.sub(bounded, f32x4.mul(n, f32x4.splat(0.693359375)));
  r = f32x4.sub(r, f32x4.mul(n, f32x4.splat(-2.12194440e-4)));
  let p = f32x4.splat(1.9875691500e-4);
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.3981999507e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(8.3334519073e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(4.1665795894e-2));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.6666665459e-1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(5.0000001201e-1));
  p = f32x4.add(f32x4.mul(p, f32x4.mul(r, r)), f32x4.add(r, f32x4.splat(1)));
  const power = i32x4.add(i32x4.shl(rounded, 23), i32x4.splat(127 << 23));
  return v128.and(f32x4.mul(p, power), f32x4.gt(x, lowest));
}
