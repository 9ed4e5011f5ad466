import type { Arithmetic } from '../../../src/convert/tflite/tflite-to-graph.js';
import type { Size } from '../../../src/image/index.js';

/** An export, its options checked. */
export interface ExportSettings {
  readonly model: string;
  readonly output: string;
  readonly size?: Size;
  readonly outputStride?: number;
  readonly float16: boolean;
  readonly arithmetic?: Arithmetic;
  readonly force: boolean;
}
