import { elementCount } from '../../../core/tensor.js';
import type { OperatorName } from '../../../formats/tflite/index.js';
import { fromNumbers } from '../../../graph/constants/strided.js';
import type { Value } from '../../../graph/graph.js';
import { onnxDtypes } from '../../../graph/onnx-dtype.js';
import { planarAxis } from '../operand.js';
import type { Converted, ImportOf, OperatorImport } from '../operator-import.js';
import { type Converters, computes, moves, plainOutput, planarOutput } from './converter.js';
import { activate } from './fused-activation.js';
import { sliceParts } from './strided-slice.js';

/** Ranges are worked out when the file is read: longer ones are taken for damage. */
const longestRange = 2 ** 20;

/** Permutes per-axis numbers of an image to the planar order. */
function planarOrder<T>(values: readonly T[]): readonly T[] {
  return [0, 3, 1, 2].flatMap((axis) => values.slice(axis, axis + 1));
}

/** A reshape to the output's own shape, which covers every operator that only renames axes. */
function reshapeToOutput(scope: OperatorImport): readonly Converted[] {
  const { shape } = scope.outputRecord();
  const target = scope.axes(shape, 'shape');
  return plainOutput(
    scope.builder.add('Reshape', [scope.plain(0), target], {}, { name: scope.name }),
  );
}

function concatenate(scope: ImportOf<'CONCATENATION'>): readonly Converted[] {
  const { axis, planar } = concatenationAxis(scope);
  const values = scope.inputs.map((_, at) => (planar ? scope.planar(at) : scope.plain(at)));
  const joined = scope.builder.add('Concat', values, { axis }, { name: scope.name });
  const value = activate(scope, joined, scope.operator.options.activation);
  return [{ value, layout: planar ? 'planar' : 'plain' }];
}

function concatenationAxis(scope: ImportOf<'CONCATENATION'>): { axis: number; planar: boolean } {
  const rank = scope.outputRecord().shape.length;
  const { axis: given } = scope.operator.options;
  const axis = given < 0 ? given + rank : given;
  return rank === 4 ? { axis: planarAxis(axis), planar: true } : { axis, planar: false };
}

/** The number that stands for zero in the padding: a quantised tensor pads with its zero point. */
function padValue(scope: OperatorImport, input: Value): Value {
  const zero = scope.domain === 'stored' ? scope.operand(0).quantisation?.zeroPoints[0] : 0;
  return scope.scalar(input, zero ?? 0, 'padding');
}

function pad(
  scope: OperatorImport,
  mode: 'constant' | 'reflect',
  value?: Value,
): readonly Converted[] {
  const { value: input, layout } = scope.natural();
  const paddings = scope.numbers(1);
  const pairs = Array.from({ length: paddings.length / 2 }, (_, axis) =>
    paddings.slice(2 * axis, 2 * axis + 2),
  );
  const ordered = layout === 'planar' ? planarOrder(pairs) : pairs;
  const pads = [...ordered.map(([before = 0]) => before), ...ordered.map(([, after = 0]) => after)];
  const fill = mode === 'constant' ? [value ?? padValue(scope, input)] : [];
  const padded = scope.builder.add(
    'Pad',
    [input, scope.axes(pads, 'pads'), ...fill],
    { mode },
    { name: scope.name },
  );
  return [{ value: padded, layout }];
}

function split(
  scope: OperatorImport,
  data: number,
  axisInput: number,
  sizes?: readonly number[],
): readonly Converted[] {
  const [given = 0] = scope.numbers(axisInput);
  const rank = scope.rank(data);
  const axis = given < 0 ? given + rank : given;
  const planar = rank === 4;
  const parts = scope.builder.addAll(
    'Split',
    [planar ? scope.planar(data) : scope.plain(data), sizes && scope.axes(sizes, 'sizes')],
    { axis: planar ? planarAxis(axis) : axis },
    { name: scope.name, outputs: scope.outputs.length },
  );
  return parts.map((value) => ({ value, layout: planar ? 'planar' : 'plain' }));
}

/** Sizes of the parts of a SPLIT_V, of which the file may leave one (-1) to be worked out. */
function partSizes(scope: OperatorImport): readonly number[] {
  const [axis = 0] = scope.numbers(2);
  const sizes = scope.numbers(1);
  const whole = scope.shape(0).at(axis) ?? 0;
  const told = sizes.reduce((sum, size) => sum + Math.max(size, 0), 0);
  return sizes.map((size) => (size === -1 ? whole - told : size));
}

/** Batches dealt out of, or gathered into, an image: reshape, transpose, reshape. */
function spaceToBatch(scope: OperatorImport): readonly Converted[] {
  const block = scope.numbers(1);
  const paddings = scope.numbers(2);
  const [batch = 0, , , channels = 0] = scope.shape(0);
  const [rateY = 1, rateX = 1] = block;
  if (block.length !== 2 || scope.rank(0) !== 4)
    return scope.unsupported('blocks of other than two axes');
  const { builder } = scope;
  const [top = 0, bottom = 0, left = 0, right = 0] = paddings;
  const input = scope.plain(0);
  const pads = scope.axes([0, top, left, 0, 0, bottom, right, 0], 'pads');
  const padded = builder.add('Pad', [input, pads, padValue(scope, input)], {});
  const [, height = 0, width = 0] = padded.shape;
  const split = [batch, height / rateY, rateY, width / rateX, rateX, channels];
  const blocks = builder.add('Reshape', [padded, scope.axes(split, 'blocks')], {});
  const dealt = builder.add('Transpose', [blocks], { perm: [2, 4, 0, 1, 3, 5] });
  const shape = scope.axes(
    [batch * rateY * rateX, height / rateY, width / rateX, channels],
    'shape',
  );
  return plainOutput(builder.add('Reshape', [dealt, shape], {}, { name: scope.name }));
}

function batchToSpace(scope: OperatorImport): readonly Converted[] {
  const block = scope.numbers(1);
  const crops = scope.numbers(2);
  const [batches = 0, height = 0, width = 0, channels = 0] = scope.shape(0);
  const [rateY = 1, rateX = 1] = block;
  if (block.length !== 2 || scope.rank(0) !== 4)
    return scope.unsupported('blocks of other than two axes');
  const { builder } = scope;
  const batch = batches / (rateY * rateX);
  const dealt = [rateY, rateX, batch, height, width, channels];
  const blocks = builder.add('Reshape', [scope.plain(0), scope.axes(dealt, 'blocks')], {});
  const gathered = builder.add('Transpose', [blocks], { perm: [2, 3, 0, 4, 1, 5] });
  const full = scope.axes([batch, height * rateY, width * rateX, channels], 'shape');
  const image = builder.add('Reshape', [gathered, full], {});
  const [top = 0, bottom = 0, left = 0, right = 0] = crops;
  const starts = scope.axes([top, left], 'starts');
  const ends = scope.axes([height * rateY - bottom, width * rateX - right], 'ends');
  return plainOutput(
    builder.add(
      'Slice',
      [image, starts, ends, scope.axes([1, 2], 'axes')],
      {},
      { name: scope.name },
    ),
  );
}

/** Operators that move elements about. */
export const layoutConverters = {
  RESHAPE: moves(reshapeToOutput),
  SQUEEZE: moves(reshapeToOutput),
  EXPAND_DIMS: moves(reshapeToOutput),
  QUANTIZE: computes((scope) => [scope.natural()]),
  DEQUANTIZE: computes((scope) => [scope.natural()]),
  CONCATENATION: computes(concatenate, (scope) => {
    if (scope.operator.options.activation !== 'NONE')
      return scope.unsupported('8-bit concatenation with an activation');
    const { axis, planar } = concatenationAxis(scope);
    const to = scope.outputQuantisation();
    const parts = scope.inputs.flatMap((_, at) => {
      const { scale, zeroPoint } = scope.quantisation(at);
      return [planar ? scope.planar(at) : scope.plain(at), scale, zeroPoint];
    });
    const inputs = [to.scale, to.zeroPoint, ...parts];
    const value = scope.builder.add('QLinearConcat', inputs, { axis }, { name: scope.name });
    return [{ value, layout: planar ? 'planar' : 'plain' }];
  }),
  TRANSPOSE: moves((scope) =>
    plainOutput(
      scope.builder.add(
        'Transpose',
        [scope.plain(0)],
        { perm: scope.numbers(1) },
        { name: scope.name },
      ),
    ),
  ),
  PAD: moves((scope) => pad(scope, 'constant')),
  PADV2: computes((scope) => pad(scope, 'constant', scope.plain(2))),
  MIRROR_PAD: moves((scope) => {
    if (scope.operator.options.mode !== 'REFLECT') return scope.unsupported('symmetric padding');
    return pad(scope, 'reflect');
  }),
  TILE: moves((scope) => {
    const { value, layout } = scope.natural();
    const repeats = scope.numbers(1);
    const [, , height, width] = value.shape;
    const own = layout === 'planar' ? planarOrder(repeats) : repeats;
    // Repeating a single pixel over the image is how some converters write its upsampling.
    const onePixel =
      layout === 'planar' && height === 1 && width === 1 && own[0] === 1 && own[1] === 1;
    const tiled = onePixel
      ? scope.builder.add(
          'Expand',
          [value, scope.axes([...value.shape.slice(0, 2), ...own.slice(2)], 'shape')],
          {},
          { name: scope.name },
        )
      : scope.builder.add('Tile', [value, scope.axes(own, 'repeats')], {}, { name: scope.name });
    return [{ value: tiled, layout }];
  }),
  BROADCAST_TO: moves((scope) => {
    const shape = scope.axes(scope.outputRecord().shape, 'shape');
    return plainOutput(
      scope.builder.add('Expand', [scope.plain(0), shape], {}, { name: scope.name }),
    );
  }),
  SLICE: moves((scope) => {
    const starts = scope.numbers(1);
    const ends = scope.outputRecord().shape.map((size, axis) => (starts[axis] ?? 0) + size);
    const inputs = [scope.plain(0), scope.axes(starts, 'starts'), scope.axes(ends, 'ends')];
    return plainOutput(scope.builder.add('Slice', inputs, {}, { name: scope.name }));
  }),
  STRIDED_SLICE: moves((scope) => {
    const parts = sliceParts(scope);
    const inputs = [
      scope.plain(0),
      scope.axes(parts.starts, 'starts'),
      scope.axes(parts.ends, 'ends'),
      scope.axes(parts.axes, 'axes'),
      scope.axes(parts.steps, 'steps'),
    ];
    const sliced = scope.builder.add('Slice', inputs, {}, { name: scope.name });
    const shape = scope.axes(scope.outputRecord().shape, 'shape');
    return plainOutput(scope.builder.add('Reshape', [sliced, shape], {}));
  }),
  SPLIT: moves((scope) => split(scope, 1, 0)),
  SPLIT_V: moves((scope) => split(scope, 0, 2, partSizes(scope))),
  PACK: moves((scope) => {
    const { axis } = scope.operator.options;
    const rank = scope.outputRecord().shape.length;
    const own = axis < 0 ? axis + rank : axis;
    const axes = scope.axes([own], 'axis');
    const parts = scope.inputs.map((_, at) =>
      scope.builder.add('Unsqueeze', [scope.plain(at), axes], {}),
    );
    return plainOutput(scope.builder.add('Concat', parts, { axis: own }, { name: scope.name }));
  }),
  UNPACK: moves((scope) => {
    const rank = scope.rank(0);
    const { axis } = scope.operator.options;
    const own = axis < 0 ? axis + rank : axis;
    const options = { name: scope.name, outputs: scope.outputs.length };
    const parts = scope.builder.addAll('Split', [scope.plain(0)], { axis: own }, options);
    const axes = scope.axes([own], 'axis');
    return parts.map((part) => ({
      value: scope.builder.add('Squeeze', [part, axes], {}),
      layout: 'plain',
    }));
  }),
  GATHER: moves((scope) => {
    const { axis, batchDims } = scope.operator.options;
    if (batchDims !== 0) return scope.unsupported('gathering per batch');
    const indices = scope.operand(1).form('real', 'plain');
    const inputs = [scope.plain(0), indices];
    return plainOutput(scope.builder.add('Gather', inputs, { axis }, { name: scope.name }));
  }),
  SHAPE: moves((scope) => {
    const dtype = scope.outputRecord().dtype === 'int64' ? 'int64' : 'int32';
    const shape = scope.shape(0);
    return plainOutput(
      scope.builder.constant(fromNumbers(dtype, [shape.length], shape), scope.name),
    );
  }),
  FILL: moves((scope) => {
    const shape = scope.axes(scope.outputRecord().shape, 'shape');
    return plainOutput(
      scope.builder.add('Expand', [scope.plain(1), shape], {}, { name: scope.name }),
    );
  }),
  RANGE: computes((scope) => {
    const [start = 0, limit = 0, step = 1] = [0, 1, 2].flatMap((at) => scope.numbers(at));
    const { dtype } = scope.plain(0);
    const count = elementCount(scope.outputRecord().shape);
    if (Math.max(0, Math.ceil((limit - start) / step)) !== count || count > longestRange)
      return scope.unsupported('a range of another length');
    const numbers = Array.from({ length: count }, (_, at) => start + at * step);
    return plainOutput(scope.builder.constant(fromNumbers(dtype, [count], numbers), scope.name));
  }),
  CAST: computes((scope) => {
    const { value, layout } = scope.natural();
    const { dtype } = scope.outputRecord();
    const to = Object.entries(onnxDtypes).find(([name]) => name === dtype)?.[1];
    if (to === undefined) return scope.unsupported(`conversion to ${dtype}`);
    return [{ value: scope.builder.add('Cast', [value], { to }, { name: scope.name }), layout }];
  }),
  SPACE_TO_BATCH_ND: moves(spaceToBatch),
  BATCH_TO_SPACE_ND: moves(batchToSpace),
  SPACE_TO_DEPTH: moves((scope) => {
    const { blockSize: blocksize } = scope.operator.options;
    return planarOutput(
      scope.builder.add('SpaceToDepth', [scope.planar(0)], { blocksize }, { name: scope.name }),
    );
  }),
  DEPTH_TO_SPACE: moves((scope) => {
    const { blockSize: blocksize } = scope.operator.options;
    return planarOutput(
      scope.builder.add('DepthToSpace', [scope.planar(0)], { blocksize }, { name: scope.name }),
    );
  }),
} as const satisfies Partial<Converters<OperatorName>>;
