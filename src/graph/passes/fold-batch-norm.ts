import { float32, type Tensor, type TensorOf, tensor, toNumbers } from '../../core/tensor.js';
import type { GraphBuilder } from '../builder.js';
import { type Graph, type Node, useCounts, type Value } from '../graph.js';
import { rewrite } from '../rewrite.js';

/** y = factor x + offset, one pair per channel. */
interface ChannelAffine {
  readonly factor: readonly number[];
  readonly offset: readonly number[];
}

/**
 * Merges what follows a convolution per channel (batch norm in inference form, a constant factor,
 * a constant offset) into its weights and bias:
 * w' = w gamma / sqrt(variance + epsilon), b' = (b - mean) gamma / sqrt(variance + epsilon) + beta
 * (Ioffe and Szegedy 2015, section 3.1).
 *
 * Only where the convolution's weights are constant and nothing else reads its output.
 */
export function foldBatchNorm(graph: Graph): Graph {
  const uses = useCounts(graph);
  return rewrite(graph, (node, rewriting) => {
    const position = affineInput(node);
    const source = position === undefined ? undefined : node.inputs[position];
    if (position === undefined || source === undefined || uses.get(source) !== 1) {
      return rewriting.keep();
    }
    // Looked up in the new graph, where a merge may have happened just before: chains fold whole.
    const renewed = rewriting.inputs[position];
    const convolution = renewed && rewriting.builder.producerOf(renewed);
    if (convolution?.op !== 'Conv') return rewriting.keep();
    const affine = affineOf(node, source.shape[1] ?? 0);
    const merged = affine && mergeAffine(convolution, affine, rewriting.builder);
    return merged ?? rewriting.keep();
  });
}

function mergeAffine(
  convolution: Node<'Conv'>,
  { factor, offset }: ChannelAffine,
  builder: GraphBuilder,
): readonly Value[] | undefined {
  const [input, weights, bias] = convolution.inputs;
  if (weights?.constant?.dtype !== 'float32') return undefined;
  if (bias !== undefined && bias.constant === undefined) return undefined;
  const oldBias = numbersOf(bias);
  const newBias = offset.map(
    (value, channel) => value + (factor[channel] ?? 1) * (oldBias?.[channel] ?? 0),
  );
  const inputs = [
    input,
    builder.constant(scaleFilters(weights.constant, factor), weights.name),
    builder.constant(float32([newBias.length], newBias), bias?.name ?? `${convolution.name}/bias`),
  ];
  return builder.addAll('Conv', inputs, convolution.attributes, { name: convolution.name });
}

function scaleFilters(weights: TensorOf<'float32'>, factor: readonly number[]): Tensor {
  const perFilter = weights.data.length / Math.max(factor.length, 1);
  const scaled = weights.data.map(
    (weight, at) => weight * (factor[Math.floor(at / perFilter)] ?? 1),
  );
  return tensor('float32', weights.shape, scaled);
}

/** Position of the input that an affine node works on, if the node is one. */
function affineInput(node: Node): 0 | 1 | undefined {
  const [a, b] = node.inputs;
  switch (node.op) {
    case 'BatchNormalization':
      return 0;
    case 'Add':
    case 'Mul':
      if (a?.constant !== undefined) return 1;
      return b?.constant === undefined ? undefined : 0;
    case 'Sub':
    case 'Div':
      return b?.constant === undefined ? undefined : 0;
    default:
      return undefined;
  }
}

function affineOf(node: Node, channels: number): ChannelAffine | undefined {
  const ones = new Array<number>(channels).fill(1);
  const none = new Array<number>(channels).fill(0);
  if (node.op === 'BatchNormalization') {
    const [gamma, beta, mean, variance] = node.inputs.slice(1).map(numbersOf);
    if (!gamma || !beta || !mean || !variance) return undefined;
    const factor = gamma.map(
      (g, channel) => g / Math.sqrt((variance[channel] ?? 0) + node.attributes.epsilon),
    );
    return {
      factor,
      offset: factor.map((f, channel) => (beta[channel] ?? 0) - f * (mean[channel] ?? 0)),
    };
  }
  const constant = node.inputs.find((input) => input?.constant !== undefined);
  const perChannel = constant && channelValues(constant, channels);
  if (perChannel === undefined) return undefined;
  switch (node.op) {
    case 'Add':
      return { factor: ones, offset: perChannel };
    case 'Sub':
      return { factor: ones, offset: perChannel.map((value) => -value) };
    case 'Mul':
      return { factor: perChannel, offset: none };
    case 'Div':
      return { factor: perChannel.map((value) => 1 / value), offset: none };
    default:
      return undefined;
  }
}

/** One number per channel, from a constant that broadcasts over batch and image. */
function channelValues(constant: Value, channels: number): readonly number[] | undefined {
  const values = numbersOf(constant);
  const [batch, own, height, width] = [...new Array(4).fill(1), ...constant.shape].slice(-4);
  if (values === undefined || constant.shape.length > 4) return undefined;
  if (batch !== 1 || height !== 1 || width !== 1) return undefined;
  if (own === channels) return values;
  return own === 1 ? new Array<number>(channels).fill(values[0] ?? 0) : undefined;
}

function numbersOf(value: Value | undefined): readonly number[] | undefined {
  return value?.constant === undefined ? undefined : toNumbers(value.constant);
}
