import { lower } from '../../../src/convert/lowering/lower.js';
import { graphToOnnx } from '../../../src/convert/onnx/graph-to-onnx.js';
import { pixelInputName } from '../../../src/convert/segmentation/image-input.js';
import type { Arithmetic } from '../../../src/convert/tflite/tflite-to-graph.js';
import { seededRandom } from '../../../src/core/random.js';
import { type Tensor, tensor } from '../../../src/core/tensor.js';
import { writeOnnx } from '../../../src/formats/onnx/index.js';
import { costOf } from '../../../src/graph/cost.js';
import type { Size } from '../../../src/image/index.js';
import type { Runtime, SessionOptions } from '../../../src/runtime/index.js';
import { Segmenter } from '../../../src/segment/node/segmenter.js';
import { batchGraph } from './batch-graph.js';
import type { Workload } from './dense-convolution.js';

/** Which network is measured. */
export interface NetworkChoice {
  readonly model: string;
  readonly size?: Size;
  readonly outputStride?: number;
  readonly arithmetic?: Arithmetic;
  readonly batch: number;
}

/** A model's network with pixels at random. */
export interface NetworkWorkload extends Workload {
  readonly inputSize: Size;
  readonly operators: number;
}

/**
 * Reads a model file and prepares the very graph that the segmenter would run.
 *
 * @throws AtrousError where it is no segmentation model, or cannot run in batches.
 */
export async function networkWorkload(
  choice: NetworkChoice,
  runtime: Runtime,
  options: SessionOptions,
): Promise<NetworkWorkload> {
  const { model, size, outputStride, arithmetic, batch } = choice;
  const segmenter = await Segmenter.load(model, {
    ...(size === undefined ? {} : { size }),
    ...(outputStride === undefined ? {} : { outputStride }),
    ...(arithmetic === undefined ? {} : { arithmetic }),
    worker: false,
  });
  const { graph, input } = segmenter.describe();
  const { inputSize, file } = segmenter;
  await segmenter.dispose();
  const batched = batchGraph(graph, batch, file.name);
  const lowered = await lower(batched, runtime, options);
  const shape = [batch, inputSize.height, inputSize.width, 3];
  return {
    model: writeOnnx(graphToOnnx(lowered)),
    feeds: { [pixelInputName]: randomPixels(shape, input.pixels) },
    multiplyAdds: costOf(batched).multiplyAdds,
    inputSize,
    operators: lowered.nodes.length,
  };
}

function randomPixels(shape: readonly number[], dtype: 'uint8' | 'float32'): Tensor {
  const random = seededRandom(1);
  const count = shape.reduce((product, size) => product * size, 1);
  const bytes = Uint8Array.from({ length: count }, () => random.integer(0, 255));
  return dtype === 'uint8'
    ? tensor('uint8', shape, bytes)
    : tensor('float32', shape, Float32Array.from(bytes));
}
