import type { OperatorName } from '../../../formats/tflite/index.js';
import type { AttributesInOf } from '../../../graph/operators.js';
import { planarAxis } from '../operand.js';
import type { Converted, ImportOf, OperatorImport } from '../operator-import.js';
import { type Converters, computes, moves, plainOutput, planarOutput } from './converter.js';
import { activate, activateStored } from './fused-activation.js';
import { onnxPads, paddingAlong } from './window.js';

function windowOf(
  scope: ImportOf<'AVERAGE_POOL_2D' | 'MAX_POOL_2D'>,
): AttributesInOf<'AveragePool'> {
  const { options } = scope.operator;
  const { filterHeight, filterWidth, strideHeight, strideWidth, padding } = options;
  const [, height = 0, width = 0] = scope.shape(0);
  return {
    kernel_shape: [filterHeight, filterWidth],
    strides: [strideHeight, strideWidth],
    pads: onnxPads(
      paddingAlong(padding, height, filterHeight, strideHeight, 1),
      paddingAlong(padding, width, filterWidth, strideWidth, 1),
    ),
  };
}

/** Whether a pool's window is the whole image, which runtimes compute faster as such. */
function coversImage(scope: ImportOf<'AVERAGE_POOL_2D'>): boolean {
  const { filterHeight, filterWidth, padding } = scope.operator.options;
  const [, height, width] = scope.shape(0);
  return padding === 'VALID' && filterHeight === height && filterWidth === width;
}

/** Whether a reduction is the mean or sum over exactly the image axes of a rank-4 tensor. */
function overImage(scope: OperatorImport): boolean {
  const axes = scope.numbers(1).map((axis) => (axis < 0 ? axis + scope.rank(0) : axis));
  return scope.rank(0) === 4 && axes.length === 2 && axes.includes(1) && axes.includes(2);
}

function reduce(scope: ImportOf<'MEAN' | 'SUM' | 'REDUCE_MAX'>): readonly Converted[] {
  const { builder, operator } = scope;
  const keepdims = operator.options.keepDims ? 1 : 0;
  const rank = scope.rank(0);
  const axes = scope.numbers(1).map((axis) => (axis < 0 ? axis + rank : axis));
  const planar = rank === 4 && keepdims === 1;
  const input = planar ? scope.planar(0) : scope.plain(0);
  const own = planar ? axes.map(planarAxis) : axes;
  const options = { name: scope.name };
  const value =
    operator.name === 'SUM'
      ? builder.add('ReduceSum', [input, scope.axes(own, 'axes')], { keepdims }, options)
      : builder.add(
          operator.name === 'MEAN' ? 'ReduceMean' : 'ReduceMax',
          [input],
          { axes: own, keepdims },
          options,
        );
  return [{ value, layout: planar ? 'planar' : 'plain' }];
}

function globalMean(scope: ImportOf<'MEAN'>, pooled: Converted['value']): readonly Converted[] {
  if (scope.operator.options.keepDims) return planarOutput(pooled);
  return plainOutput(scope.builder.add('Squeeze', [pooled, scope.axes([2, 3], 'image')], {}));
}

function argument(scope: ImportOf<'ARG_MAX' | 'ARG_MIN'>): readonly Converted[] {
  const [given = -1] = scope.numbers(1);
  const axis = given < 0 ? given + scope.rank(0) : given;
  // Without its channels, a planar image has its axes in the file's order; without others not.
  const planar = scope.rank(0) === 4 && axis === 3;
  const value = planar ? scope.planar(0) : scope.plain(0);
  const own = planar ? planarAxis(axis) : axis;
  const op = scope.operator.name === 'ARG_MAX' ? 'ArgMax' : 'ArgMin';
  const found = scope.builder.add(op, [value], { axis: own, keepdims: 0 }, { name: scope.name });
  if (scope.outputRecord().dtype === 'int64') return plainOutput(found);
  return plainOutput(scope.builder.add('Cast', [found], { to: 6 }));
}

/** Pooling, reductions and extremes. */
export const poolingConverters = {
  AVERAGE_POOL_2D: computes(
    (scope) => {
      const pooled = coversImage(scope)
        ? scope.builder.add('GlobalAveragePool', [scope.planar(0)], {}, { name: scope.name })
        : scope.builder.add('AveragePool', [scope.planar(0)], windowOf(scope), {
            name: scope.name,
          });
      return planarOutput(activate(scope, pooled, scope.operator.options.activation));
    },
    (scope) => {
      const from = scope.quantisation(0);
      const to = scope.outputQuantisation();
      const inputs = [scope.planar(0), from.scale, from.zeroPoint, to.scale, to.zeroPoint];
      const pooled = coversImage(scope)
        ? scope.builder.add('QLinearGlobalAveragePool', inputs, {}, { name: scope.name })
        : scope.builder.add('QLinearAveragePool', inputs, windowOf(scope), { name: scope.name });
      return planarOutput(activateStored(scope, pooled, scope.operator.options.activation));
    },
  ),
  MAX_POOL_2D: computes((scope) => {
    const pooled = scope.builder.add('MaxPool', [scope.planar(0)], windowOf(scope), {
      name: scope.name,
    });
    return planarOutput(activate(scope, pooled, scope.operator.options.activation));
  }),
  MEAN: computes(
    (scope) => {
      if (!overImage(scope)) return reduce(scope);
      return globalMean(
        scope,
        scope.builder.add('GlobalAveragePool', [scope.planar(0)], {}, { name: scope.name }),
      );
    },
    (scope) => {
      if (!overImage(scope)) return scope.unsupported('8-bit means over other than the image');
      const from = scope.quantisation(0);
      const to = scope.outputQuantisation();
      const inputs = [scope.planar(0), from.scale, from.zeroPoint, to.scale, to.zeroPoint];
      return globalMean(
        scope,
        scope.builder.add('QLinearGlobalAveragePool', inputs, {}, { name: scope.name }),
      );
    },
  ),
  SUM: computes(reduce),
  REDUCE_MAX: computes(reduce),
  // The order of 8-bit numbers is the order of the real ones.
  ARG_MAX: moves(argument),
  ARG_MIN: moves(argument),
  SOFTMAX: computes((scope) => {
    const { value, layout } = scope.natural();
    const { beta } = scope.operator.options;
    const scaled =
      beta === 1 ? value : scope.builder.add('Mul', [value, scope.scalar(value, beta, 'beta')], {});
    const axis = layout === 'planar' ? 1 : -1;
    return [
      { value: scope.builder.add('Softmax', [scaled], { axis }, { name: scope.name }), layout },
    ];
  }),
  LOG_SOFTMAX: computes((scope) => {
    const { value, layout } = scope.natural();
    const axis = layout === 'planar' ? 1 : -1;
    return [
      { value: scope.builder.add('LogSoftmax', [value], { axis }, { name: scope.name }), layout },
    ];
  }),
} as const satisfies Partial<Converters<OperatorName>>;
