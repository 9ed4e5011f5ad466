/** What a series of run times comes to, in milliseconds. */
export interface TimeStatistics {
  readonly minMs: number;
  readonly medianMs: number;
  readonly p90Ms: number;
  readonly maxMs: number;
}

/** Least, median, 90th percentile and greatest of at least one time. */
export function timeStatistics(times: readonly number[]): TimeStatistics {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (quantile: number): number => round(valueAt(sorted, quantile));
  return { minMs: at(0), medianMs: at(0.5), p90Ms: at(0.9), maxMs: at(1) };
}

/** Value at a quantile of sorted numbers, linear between neighbours (type 7 of Hyndman and Fan). */
export function valueAt(sorted: readonly number[], quantile: number): number {
  const position = (sorted.length - 1) * quantile;
  const low = sorted[Math.floor(position)] ?? Number.NaN;
  const high = sorted[Math.ceil(position)] ?? Number.NaN;
  return low + (high - low) * (position - Math.floor(position));
}

/** To microseconds: the clock gives no more. */
export function round(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}
