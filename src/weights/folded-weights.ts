import { FormatError } from '../core/errors.js';
import {
  elementCount,
  float32,
  formatShape,
  sameShape,
  type TensorOf,
  tensor,
  toNumbers,
} from '../core/tensor.js';
import {
  constantTensor,
  type TfliteModel,
  type TfliteOperator,
  type TfliteTensor,
} from '../formats/tflite/index.js';
import { denseStrides, positionsOf } from '../graph/constants/strided.js';
import type { NetworkDescription } from './network-graph.js';

/** A convolution of a file: weights [M, C / group, kH, kW] and bias [M], batch norm folded in. */
interface FoldedLayer {
  readonly weights: TensorOf<'float32'>;
  readonly bias: TensorOf<'float32'>;
}

/** Brings TFLite's order of axes to the graph's. */
const filterOrders = {
  CONV_2D: [0, 3, 1, 2],
  DEPTHWISE_CONV_2D: [3, 0, 1, 2],
} as const;

/**
 * A network's parameters and batch-norm statistics from a TFLite file of the same network.
 *
 * Layers are found by TensorFlow's names, which the converters keep in the tensors' names. The
 * file's batch norm is folded into its convolutions; it is rebuilt as one that changes nothing
 * (mean 0, variance 1, gamma sqrt(1 + epsilon)) but for its offset. 8-bit weights are widened to
 * the real numbers they stand for.
 *
 * @throws FormatError for a layer that the file lacks or has in another shape.
 */
export function weightsFromTflite(
  model: TfliteModel,
  place: string,
  { parameters, statistics }: NetworkDescription,
): ReadonlyMap<string, TensorOf<'float32'>> {
  const layers = new Map<string, FoldedLayer>();
  const layerOf = (name: string): FoldedLayer => {
    const known = layers.get(name) ?? findLayer(model, place, name);
    layers.set(name, known);
    return known;
  };
  const epsilons = new Map(statistics.map(({ name, epsilon }) => [layerName(name), epsilon]));
  const weights = new Map<string, TensorOf<'float32'>>();
  for (const { name, shape, role } of parameters) {
    const layer = layerName(name);
    const { weights: filters, bias } = layerOf(layer);
    switch (role) {
      case 'weights':
      case 'depthwise_weights':
        weights.set(name, shaped(filters, shape, place, name));
        break;
      case 'biases':
      case 'beta':
        weights.set(name, shaped(bias, shape, place, name));
        break;
      case 'gamma':
        weights.set(name, filled(shape, Math.sqrt(1 + (epsilons.get(layer) ?? 0))));
        break;
    }
  }
  for (const { name, shape, initial } of statistics) weights.set(name, filled(shape, initial));
  return weights;
}

/** Number of outputs of a layer, where the file has it. */
export function filtersOf(model: TfliteModel, layer: string): number | undefined {
  const [, , bias] = convolutionOf(model, layer) ?? [];
  return bias?.shape[0];
}

/** The layer of `scope/layer/weights` and of `scope/layer/BatchNorm/gamma`. */
export function layerName(parameter: string): string {
  return parameter.replace(/(\/BatchNorm)?\/[^/]*$/, '');
}

function findLayer(model: TfliteModel, place: string, layer: string): FoldedLayer {
  const found = convolutionOf(model, layer);
  if (found === undefined) {
    throw new FormatError({
      place,
      problem: `no convolution named "${layer}"`,
      fix: 'take a file of the same backbone and head, or leave its last layers out',
    });
  }
  const [operator, filters, bias] = found;
  return {
    weights: planarFilters(operator, realNumbers(filters, place)),
    bias: realNumbers(bias, place),
  };
}

type Convolution = Extract<TfliteOperator, { name: keyof typeof filterOrders }>;

function convolutionOf(
  model: TfliteModel,
  layer: string,
): readonly [Convolution, filters: TfliteTensor, bias: TfliteTensor] | undefined {
  const [subgraph] = model.subgraphs;
  for (const operator of subgraph?.operators ?? []) {
    if (operator.name !== 'CONV_2D' && operator.name !== 'DEPTHWISE_CONV_2D') continue;
    const filters = subgraph?.tensors[operator.inputs[1] ?? -1];
    const bias = subgraph?.tensors[operator.inputs[2] ?? -1];
    if (filters !== undefined && bias !== undefined && namesLayer(filters.name, layer)) {
      return [operator, filters, bias];
    }
  }
  return undefined;
}

/**
 * Whether a tensor holds a layer's weights. Newer converters join the names of all that they
 * merged with ';', and 8-bit files have `weights_quant/…` for the rounded ones.
 */
function namesLayer(tensor: string, layer: string): boolean {
  return tensor.split(';').some((name) => {
    const rest = name.startsWith(`${layer}/`) ? name.slice(layer.length + 1) : undefined;
    return rest !== undefined && /^(depthwise_)?weights(_quant)?(\/|$)/.test(rest);
  });
}

function planarFilters({ name }: Convolution, filters: TensorOf<'float32'>): TensorOf<'float32'> {
  const order = filterOrders[name];
  const steps = denseStrides(filters.shape);
  const shape = order.map((axis) => filters.shape[axis] ?? 1);
  const strides = order.map((axis) => steps[axis] ?? 0);
  const positions = positionsOf({ shape, strides, offset: 0 });
  return tensor(
    'float32',
    shape,
    Float32Array.from(positions, (at) => filters.data[at] ?? 0),
  );
}

/** A constant's real values, whatever numbers the file holds it in. */
function realNumbers(record: TfliteTensor, place: string): TensorOf<'float32'> {
  const constant = constantTensor(record, place);
  if (constant === undefined) {
    throw new FormatError({
      place: `${place}, tensor '${record.name}'`,
      problem: 'not a constant',
    });
  }
  const { scale = [], zeroPoint = [], axis = 0 } = record.quantization ?? {};
  const inner = elementCount(constant.shape.slice(axis + 1));
  const real = toNumbers(constant).map((stored, at) => {
    const channel = scale.length > 1 ? Math.floor(at / inner) % scale.length : 0;
    return scale.length === 0
      ? stored
      : (stored - Number(zeroPoint[channel] ?? 0)) * (scale[channel] ?? 1);
  });
  return float32(constant.shape, real);
}

function shaped(
  found: TensorOf<'float32'>,
  shape: readonly number[],
  place: string,
  name: string,
): TensorOf<'float32'> {
  if (sameShape(found.shape, shape)) return found;
  throw new FormatError({
    place,
    problem: `"${name}" has another shape than in the network`,
    expected: formatShape(shape),
    found: formatShape(found.shape),
    fix: 'take a file of the same network: the same backbone, head and depth multiplier',
  });
}

function filled(shape: readonly number[], value: number): TensorOf<'float32'> {
  return tensor('float32', shape, new Float32Array(elementCount(shape)).fill(value));
}
