/** A number that TensorBoard plots over the steps; stored as a 32-bit float. */
export interface ScalarSummary {
  readonly kind: 'scalar';
  /** Name of the curve; a slash groups curves: `loss/total`. */
  readonly tag: string;
  readonly value: number;
}

/** A picture that TensorBoard shows with a slider over the steps. */
export interface ImageSummary {
  readonly kind: 'image';
  readonly tag: string;
  /** Size in pixels. */
  readonly width: number;
  readonly height: number;
  /** 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA. */
  readonly channels: 1 | 2 | 3 | 4;
  /** The picture as a PNG (or JPEG) file. */
  readonly encoded: Uint8Array;
}

export type Summary = ScalarSummary | ImageSummary;

/** One entry of an event file: what was measured at one step. */
export interface SummaryEvent {
  /** When, in seconds since 1970. */
  readonly wallTime: number;
  /** Training step. */
  readonly step: number;
  readonly summaries: readonly Summary[];
}
