import { graphToOnnx } from '../../../src/convert/onnx/graph-to-onnx.js';
import { seededRandom } from '../../../src/core/random.js';
import { float32, type Shape, type Tensor } from '../../../src/core/tensor.js';
import { writeOnnx } from '../../../src/formats/onnx/index.js';
import { GraphBuilder } from '../../../src/graph/builder.js';
import { costOf } from '../../../src/graph/cost.js';

/** A model with what to feed it. */
export interface Workload {
  readonly model: Uint8Array;
  readonly feeds: Readonly<Record<string, Tensor>>;
  readonly multiplyAdds: number;
}

const channels = 256;
const side = 33;

/**
 * A dense 3x3 convolution, 256 to 256 channels at 33x33: the size of the convolutions in DeepLab's
 * heads, and what a processor computes at about its best rate.
 */
export function denseConvolution(): Workload {
  const random = seededRandom(1);
  const normal = (shape: Shape, spread: number): Tensor => {
    const count = shape.reduce((product, size) => product * size, 1);
    return float32(
      shape,
      Float32Array.from({ length: count }, () => spread * random.normal()),
    );
  };
  const builder = new GraphBuilder();
  const shape = [1, channels, side, side];
  const input = builder.input('input', 'float32', shape);
  const weights = builder.constant(normal([channels, channels, 3, 3], 0.02), 'weights');
  const bias = builder.constant(normal([channels], 1), 'bias');
  const output = builder.add('Conv', [input, weights, bias], { pads: [1, 1, 1, 1] });
  const graph = builder.build([{ name: 'output', value: output }]);
  return {
    model: writeOnnx(graphToOnnx(graph)),
    feeds: { input: normal(shape, 1) },
    multiplyAdds: costOf(graph).multiplyAdds,
  };
}
