import { graphToOnnx } from '../../../src/convert/onnx/graph-to-onnx.js';
import type { Normalisation } from '../../../src/convert/segmentation/image-input.js';
import type { DType } from '../../../src/core/dtype.js';
import { isFloat } from '../../../src/core/dtype.js';
import { FormatError, InternalError } from '../../../src/core/errors.js';
import { seededRandom } from '../../../src/core/random.js';
import {
  elementCount,
  float32,
  type Shape,
  type Tensor,
  tensor,
} from '../../../src/core/tensor.js';
import { writeOnnx } from '../../../src/formats/onnx/index.js';
import type { Graph } from '../../../src/graph/graph.js';
import { nodeRuntime } from '../../../src/runtime/node/index.js';

/** An input or output of a model. */
export interface TensorDescription {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
}

/** How the outputs of an exported file differ from those of the model it was made from. */
export interface Comparison {
  /** Largest difference between scores; of class indices, the share of pixels that differ. */
  readonly largestDifference: number;
  readonly comparedAs: 'scores' | 'class indices';
  /** Least and greatest of the model's own scores. */
  readonly range: readonly [least: number, greatest: number];
}

/**
 * Runs a model's own graph and the file that was made of it on the same random pixels.
 *
 * @param place What errors call the model.
 * @throws DeviceError where one of them does not run; FormatError where the model gives no numbers.
 */
export async function compareOnRandomPixels(
  graph: Graph,
  exported: Uint8Array,
  place: string,
  normalisation: Normalisation,
  stop: AbortSignal,
): Promise<Comparison> {
  const feeds = Object.fromEntries(
    graph.inputs.map((input) => [input.name, randomPixels(input, normalisation)]),
  );
  const expected = await firstOutput(writeOnnx(graphToOnnx(graph)), graph, feeds);
  stop.throwIfAborted();
  const found = await firstOutput(exported, graph, feeds);
  const comparison = compare(expected, found);
  if (Number.isFinite(comparison.largestDifference)) return comparison;
  throw new FormatError({
    place,
    problem: 'the model gives scores that are no finite numbers',
    fix: 'take weights from before its training diverged',
  });
}

async function firstOutput(
  model: Uint8Array,
  { outputs }: Graph,
  feeds: Readonly<Record<string, Tensor>>,
): Promise<Tensor> {
  const session = await nodeRuntime({ worker: true }).open(model);
  try {
    const results = await session.run(feeds);
    const found = results[outputs[0]?.name ?? ''];
    if (found === undefined) throw new InternalError('export', 'the file gave nothing');
    return found;
  } finally {
    await session.dispose();
  }
}

function compare(expected: Tensor, found: Tensor): Comparison {
  let [difference, least, greatest, unequal] = [
    0,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    0,
  ];
  for (let at = 0; at < expected.data.length; at++) {
    const [own, other] = [Number(expected.data[at]), Number(found.data[at])];
    least = Math.min(least, own);
    greatest = Math.max(greatest, own);
    difference = Math.max(difference, Math.abs(own - other));
    if (own !== other) unequal++;
  }
  const range = [least, greatest] as const;
  return isFloat(expected.dtype)
    ? { comparedAs: 'scores', largestDifference: difference, range }
    : { comparedAs: 'class indices', largestDifference: unequal / expected.data.length, range };
}

function randomPixels({ dtype, shape }: TensorDescription, { mean, std }: Normalisation): Tensor {
  const random = seededRandom(1);
  const count = elementCount(shape);
  const bytes = Uint8Array.from({ length: count }, () => random.integer(0, 255));
  if (dtype === 'uint8') return tensor('uint8', shape, bytes);
  if (dtype === 'int8')
    return tensor(
      'int8',
      shape,
      Int8Array.from(bytes, (byte) => byte - 128),
    );
  const planar = shape[3] !== 3 || shape[1] === 3;
  const plane = planar ? elementCount(shape.slice(2)) : 1;
  const normalised = Float32Array.from(bytes, (byte, at) => {
    const channel = Math.floor(at / plane) % 3;
    return (byte - (mean[channel] ?? 0)) / (std[channel] ?? 1);
  });
  return float32(shape, normalised);
}
