import { FileBuilder } from '../convert/tflite/file-builder.fixture.js';
import { float32, type TensorOf, tensor } from '../core/tensor.js';
import { type TfliteQuantization, writeTflite } from '../formats/tflite/index.js';
import type { Weights } from '../models/parameters.js';
import { layerName } from './folded-weights.js';
import type { NetworkDescription } from './network-graph.js';

/** How a file stores its filters, and how its converter named them. */
export type Storage = 'float' | 'uint8' | 'int8 per channel';

/**
 * A TFLite file with the convolutions of a network, batch norm folded into them as converters do
 * it. Its operators are not connected: what is read from it are constants and their names.
 */
export function foldedFile(
  { parameters, statistics }: NetworkDescription,
  weights: Weights,
  storage: Storage,
): Uint8Array {
  const builder = new FileBuilder();
  const image = builder.given('image', { fed: true, tensor: float32([1, 1, 1, 3], [0, 0, 0]) });
  const outputs: number[] = [];
  for (const { name, role, shape } of parameters) {
    if (role !== 'weights' && role !== 'depthwise_weights') continue;
    const layer = layerName(name);
    const numbers = (leaf: string) =>
      Array.from(weights.get(`${layer}/${leaf}`)?.data ?? [], Number);
    const epsilon = statistics.find((each) => layerName(each.name) === layer)?.epsilon ?? 0;
    const variance = numbers('BatchNorm/moving_variance');
    const factors = numbers('BatchNorm/gamma').map(
      (gamma, at) => gamma / Math.sqrt((variance[at] ?? 0) + epsilon),
    );
    const means = numbers('BatchNorm/moving_mean');
    const betas = numbers('BatchNorm/beta');
    const [filters = 1, ...inner] = shape;
    const size = inner.reduce((product, each) => product * each, 1);
    const folded = numbers(role).map((w, at) => w * (factors[Math.floor(at / size)] ?? 1));
    const bias =
      factors.length === 0
        ? numbers('biases')
        : factors.map((factor, at) => (betas[at] ?? 0) - factor * (means[at] ?? 0));
    const depthwise = role === 'depthwise_weights';
    const quantised = storage === 'float' ? '' : '_quant/FakeQuantWithMinMaxVars';
    const stored = storedFilters(plain(folded, shape, depthwise), depthwise ? 3 : 0, storage);
    const inputs = [
      image,
      builder.given(`${layer}/${storage === 'uint8' ? 'weights' : role}${quantised}`, stored),
      builder.given(`${layer}/bias`, { fed: false, tensor: float32([filters], bias) }),
    ];
    const output = builder.computed(`${layer}/output`, [1, 1, 1, filters]);
    const window = { padding: 'SAME', strideHeight: 1, strideWidth: 1 } as const;
    const options = { ...window, dilationHeight: 1, dilationWidth: 1, activation: 'NONE' } as const;
    if (depthwise) {
      builder.add('DEPTHWISE_CONV_2D', { ...options, depthMultiplier: 1 }, inputs, output);
    } else {
      builder.add('CONV_2D', options, inputs, output);
    }
    outputs.push(output);
  }
  return writeTflite(builder.build(...outputs));
}

/** From [M, C, kH, kW] to TFLite's order: [M, kH, kW, C], of depthwise filters [1, kH, kW, M]. */
function plain(
  values: readonly number[],
  [filters = 1, channels = 1, height = 1, width = 1]: readonly number[],
  depthwise: boolean,
): TensorOf<'float32'> {
  const shape = depthwise ? [1, height, width, filters] : [filters, height, width, channels];
  const data = new Float32Array(values.length);
  let at = 0;
  for (let m = 0; m < filters; m++) {
    for (let c = 0; c < channels; c++) {
      for (let pixel = 0; pixel < height * width; pixel++, at++) {
        const place = depthwise ? pixel * filters + m : (m * height * width + pixel) * channels + c;
        data[place] = values[at] ?? 0;
      }
    }
  }
  return tensor('float32', shape, data);
}

function storedFilters(filters: TensorOf<'float32'>, axis: number, storage: Storage) {
  if (storage === 'float') return { fed: false, tensor: filters };
  const { shape, data } = filters;
  const channels = storage === 'uint8' ? 1 : (shape[axis] ?? 1);
  const inner = shape.slice(axis + 1).reduce((product, each) => product * each, 1);
  const channelOf = (at: number) => Math.floor(at / inner) % channels;
  const largest = new Array<number>(channels).fill(1e-6);
  data.forEach((value, at) => {
    const channel = channelOf(at);
    largest[channel] = Math.max(largest[channel] ?? 0, Math.abs(value));
  });
  const zero = storage === 'uint8' ? 121 : 0;
  const scale = largest.map((each) => Math.fround(each / 120));
  const quantization: TfliteQuantization = { scale, zeroPoint: scale.map(() => zero), axis };
  const codes = Array.from(data, (v, at) => Math.round(v / (scale[channelOf(at)] ?? 1)) + zero);
  return {
    fed: false,
    quantization,
    tensor:
      storage === 'uint8'
        ? tensor('uint8', shape, Uint8Array.from(codes))
        : tensor('int8', shape, Int8Array.from(codes)),
  };
}
