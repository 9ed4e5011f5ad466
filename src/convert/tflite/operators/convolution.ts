import type { OperatorName } from '../../../formats/tflite/index.js';
import type { Value } from '../../../graph/graph.js';
import type { AttributesInOf } from '../../../graph/operators.js';
import type { ImportOf, OperatorImport } from '../operator-import.js';
import type { AtrousBlock } from '../space-to-batch.js';
import { type Converters, computes, plainOutput, planarOutput } from './converter.js';
import { activate, activateStored } from './fused-activation.js';
import { onnxPads, paddingAlong } from './window.js';

type ConvolutionName = 'CONV_2D' | 'DEPTHWISE_CONV_2D';

/** Brings weights from the file's order to ONNX's [filters, channels / group, kH, kW]. */
const filterOrder: { readonly [Name in ConvolutionName]: readonly number[] } = {
  CONV_2D: [0, 3, 1, 2],
  DEPTHWISE_CONV_2D: [3, 0, 1, 2],
};

function attributesOf(scope: ImportOf<ConvolutionName>): AttributesInOf<'Conv'> {
  const { operator } = scope;
  const { options } = operator;
  const [, height = 0, width = 0, channels = 0] = scope.shape(0);
  const [, kernelHeight = 0, kernelWidth = 0, perGroup = 1] = scope.shape(1);
  const strides = [options.strideHeight, options.strideWidth] as const;
  const dilations = [options.dilationHeight, options.dilationWidth] as const;
  return {
    strides,
    dilations,
    pads: onnxPads(
      paddingAlong(options.padding, height, kernelHeight, strides[0], dilations[0]),
      paddingAlong(options.padding, width, kernelWidth, strides[1], dilations[1]),
    ),
    // A plain convolution with fewer weights per filter than channels is a grouped one.
    group: operator.name === 'DEPTHWISE_CONV_2D' ? channels : channels / perGroup,
  };
}

function filters(scope: ImportOf<ConvolutionName>): Value {
  const perm = filterOrder[scope.operator.name];
  const name = `${scope.name}/weights`;
  return scope.builder.add('Transpose', [scope.plain(1)], { perm }, { name });
}

function bias(scope: OperatorImport): readonly Value[] {
  return scope.has(2) ? [scope.plain(2)] : [];
}

/** A convolution in real numbers. */
export function convolveReal(
  scope: ImportOf<ConvolutionName>,
  input: Value,
  attributes: AttributesInOf<'Conv'>,
): Value {
  const inputs = [input, filters(scope), ...bias(scope)];
  const product = scope.builder.add('Conv', inputs, attributes, { name: scope.name });
  return activate(scope, product, scope.operator.options.activation);
}

/** A convolution on 8-bit numbers, sums in 32 bits. */
export function convolveStored(
  scope: ImportOf<ConvolutionName>,
  input: Value,
  attributes: AttributesInOf<'Conv'>,
): Value {
  const x = scope.quantisation(0);
  const w = scope.quantisation(1);
  const y = scope.outputQuantisation();
  const product = scope.builder.add(
    'QLinearConv',
    [
      input,
      x.scale,
      x.zeroPoint,
      filters(scope),
      w.scale,
      w.zeroPoint,
      y.scale,
      y.zeroPoint,
      ...bias(scope),
    ],
    attributes,
    { name: scope.name },
  );
  return activateStored(scope, product, scope.operator.options.activation);
}

/** The attributes of a convolution between a SpaceToBatch and a BatchToSpace: an atrous one. */
export function atrousAttributes(
  scope: ImportOf<ConvolutionName>,
  { block, pads }: AtrousBlock,
): AttributesInOf<'Conv'> {
  return { ...attributesOf(scope), dilations: block, pads };
}

const convolution = computes<ImportOf<ConvolutionName>>(
  (scope) => planarOutput(convolveReal(scope, scope.planar(0), attributesOf(scope))),
  (scope) => planarOutput(convolveStored(scope, scope.planar(0), attributesOf(scope))),
);

/** Convolutions and the fully connected layer. */
export const convolutionConverters = {
  CONV_2D: convolution,
  DEPTHWISE_CONV_2D: convolution,
  TRANSPOSE_CONV: computes((scope) => {
    const { options } = scope.operator;
    const [, height = 0, width = 0] = scope.shape(2);
    const [, outHeight = 0, outWidth = 0] = scope.outputRecord().shape;
    const [, kernelHeight = 0, kernelWidth = 0] = scope.shape(1);
    const strides = [options.strideHeight, options.strideWidth] as const;
    const along = (size: number, out: number, kernel: number, stride: number) => {
      const excess = (size - 1) * stride + kernel - out;
      const cropped = Math.max(excess, 0);
      return {
        pads: [Math.floor(cropped / 2), Math.ceil(cropped / 2)] as const,
        extra: Math.max(-excess, 0),
      };
    };
    const vertical = along(height, outHeight, kernelHeight, strides[0]);
    const horizontal = along(width, outWidth, kernelWidth, strides[1]);
    const weights = scope.builder.add('Transpose', [scope.plain(1)], { perm: [3, 0, 1, 2] });
    const inputs = [scope.planar(2), weights, ...(scope.has(3) ? [scope.plain(3)] : [])];
    const product = scope.builder.add(
      'ConvTranspose',
      inputs,
      {
        strides,
        pads: onnxPads(vertical.pads, horizontal.pads),
        output_padding: [vertical.extra, horizontal.extra],
      },
      { name: scope.name },
    );
    return planarOutput(activate(scope, product, options.activation));
  }),
  FULLY_CONNECTED: computes((scope) => {
    const { builder, operator } = scope;
    if (operator.options.weightsFormat !== 'DEFAULT') scope.unsupported('shuffled weights');
    const [, inner = 0] = scope.shape(1);
    const rows = builder.add('Reshape', [scope.plain(0), scope.axes([-1, inner], 'rows')], {});
    const product = builder.add(
      'Gemm',
      [rows, scope.plain(1), ...bias(scope)],
      { transB: 1 },
      { name: scope.name },
    );
    const shape = scope.axes(scope.outputRecord().shape, 'shape');
    const shaped = builder.add('Reshape', [product, shape], {});
    return plainOutput(activate(scope, shaped, operator.options.activation));
  }),
  BATCH_MATMUL: computes((scope) => {
    const { options } = scope.operator;
    const side = (position: number, transposed: boolean): Value => {
      const value = scope.plain(position);
      if (!transposed) return value;
      const axes = [...value.shape.keys()];
      const perm = [...axes.slice(0, -2), axes.length - 1, axes.length - 2];
      return scope.builder.add('Transpose', [value], { perm });
    };
    const factors = [side(0, options.adjointX), side(1, options.adjointY)];
    return plainOutput(scope.builder.add('MatMul', factors, {}, { name: scope.name }));
  }),
} as const satisfies Partial<Converters<OperatorName>>;
