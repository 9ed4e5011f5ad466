import { type Tensor, tensor } from '../../core/tensor.js';
import { writeOnnx } from '../../formats/onnx/index.js';
import { GraphBuilder } from '../../graph/builder.js';
import type { Value } from '../../graph/graph.js';
import type { Runtime, SessionOptions } from '../../runtime/index.js';
import { graphToOnnx } from '../onnx/graph-to-onnx.js';

const channels = 32;
const side = 4;

/** Largest activation and weight there are: pairs of their products exceed 16 bits. */
const activation = 255;
const weight = 127;

/** What the sums are scaled to. */
const expected = 200;

interface ConvolutionKind {
  readonly kernel: 1 | 3;
  readonly group: number;
}

/** The kinds of convolution for which runtimes have code of their own. */
const kinds: readonly ConvolutionKind[] = [
  { kernel: 1, group: 1 },
  { kernel: 3, group: 1 },
  { kernel: 3, group: channels },
];

/**
 * Whether 8-bit convolutions with signed weights come out exact on a device.
 *
 * Without 8-bit dot products (VNNI), x86 code adds two products of an unsigned and a signed number
 * in 16 bits, and saturates. The probe runs the worst case of each kind of convolution.
 */
export async function signedWeightsAreExact(
  runtime: Runtime,
  options: SessionOptions,
): Promise<boolean> {
  const builder = new GraphBuilder();
  const image = builder.input('image', 'uint8', [1, channels, side, side]);
  const outputs = kinds.map((kind, index) => ({
    name: `sums_${index}`,
    value: worstConvolution(builder, image, kind),
  }));
  const model = writeOnnx(graphToOnnx(builder.build(outputs)));
  const { device, threads } = options;
  const session = await runtime.open(model, {
    ...(device === undefined ? {} : { device }),
    ...(threads === undefined ? {} : { threads }),
  });
  try {
    const data = new Uint8Array(channels * side * side).fill(activation);
    const results = await session.run({ image: { dtype: 'uint8', shape: image.shape, data } });
    return outputs.every(({ name, value }) => {
      const [, , height = 0, width = 0] = value.shape;
      const middle = Math.floor(height / 2) * width + Math.floor(width / 2);
      return Math.abs(Number(results[name]?.data[middle]) - expected) <= 1;
    });
  } finally {
    await session.dispose();
  }
}

function worstConvolution(
  builder: GraphBuilder,
  image: Value,
  { kernel, group }: ConvolutionKind,
): Value {
  const constant = (value: Tensor, name: string) => builder.constant(value, name);
  const scale = (value: number) => constant(tensor('float32', [], Float32Array.of(value)), 'scale');
  const shape = [channels, channels / group, kernel, kernel];
  const terms = (kernel * kernel * channels) / group;
  const weights = tensor('int8', shape, new Int8Array(channels * terms).fill(weight));
  const unsignedZero = constant(tensor('uint8', [], Uint8Array.of(0)), 'zero');
  const signedZero = constant(tensor('int8', [], Int8Array.of(0)), 'zero');
  return builder.add(
    'QLinearConv',
    [
      image,
      scale(1),
      unsignedZero,
      constant(weights, 'weights'),
      scale(1),
      signedZero,
      scale((activation * weight * terms) / expected),
      unsignedZero,
    ],
    { group },
  );
}
