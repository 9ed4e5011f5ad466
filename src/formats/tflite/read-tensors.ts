import { bytesPerElement } from '../../core/dtype.js';
import { elementCount, formatShape } from '../../core/tensor.js';
import { isHeld } from './element-type.js';
import type { TableView } from './flatbuffer-view.js';
import { type BufferTable, elementsOf } from './read-buffers.js';
import type { TensorObstacle, TfliteQuantization, TfliteTensor } from './records.js';
import type { quantizationSchema, tensorSchema } from './schema.js';

type TensorView = TableView<typeof tensorSchema>;
type QuantizationView = TableView<typeof quantizationSchema>;

/** One tensor of a subgraph, its constant data a view of the file. */
export function readTensor(view: TensorView, buffers: BufferTable): TfliteTensor {
  const shape = readShape(view);
  const signature = readSignature(view, shape);
  const parameters = view.read('quantization');
  const quantization = parameters === undefined ? undefined : readQuantization(parameters, shape);
  const obstacle = findObstacle(view, parameters);
  const data = obstacle === undefined ? readData(view, shape, buffers) : undefined;
  return {
    name: view.read('name'),
    dtype: view.read('type'),
    shape,
    isVariable: view.read('isVariable'),
    ...(signature === undefined ? {} : { shapeSignature: signature }),
    ...(quantization === undefined ? {} : { quantization }),
    ...(obstacle === undefined ? {} : { obstacle }),
    ...(data === undefined ? {} : { data }),
    // `data` was made from `dtype`, a pairing that the compiler cannot follow.
  } as TfliteTensor;
}

function readShape(view: TensorView): readonly number[] {
  const shape = view.read('shape');
  if (shape.some((size) => size < 0)) {
    throw view.fail('shape', 'has a negative size', 'sizes of 0 or more', formatShape(shape));
  }
  if (!Number.isSafeInteger(elementCount(shape) * 16)) {
    throw view.fail('shape', 'is too large', 'at most 2^49 elements', formatShape(shape));
  }
  return shape;
}

function readSignature(view: TensorView, shape: readonly number[]): readonly number[] | undefined {
  const signature = view.read('shapeSignature');
  if (signature.length === 0) return undefined;
  if (signature.length === shape.length && signature.every((size) => size >= -1)) return signature;
  throw view.fail(
    'shapeSignature',
    'does not fit the shape',
    `${shape.length} sizes of -1 or more`,
    formatShape(signature),
  );
}

function findObstacle(
  view: TensorView,
  parameters: QuantizationView | undefined,
): TensorObstacle | undefined {
  if (view.has('sparsity')) return 'sparse';
  if (view.read('externalBuffer') > 0) return 'external data';
  const details = parameters?.read('detailsType') ?? 'none';
  return details === 'none' ? undefined : `${details} quantization`;
}

/** Files of float models keep a table with only the observed range, which is no quantisation. */
function readQuantization(
  view: QuantizationView,
  shape: readonly number[],
): TfliteQuantization | undefined {
  const scale = view.read('scale');
  if (scale.length === 0) return undefined;
  if (!scale.every((value) => Number.isFinite(value) && value >= 0)) {
    throw view.fail('scale', 'is not a scale', 'finite numbers of 0 or more');
  }
  const stored = view.read('zeroPoint');
  const zeroPoint = stored.length === 0 ? scale.map(() => 0) : stored;
  if (zeroPoint.length !== scale.length) {
    throw view.fail('zeroPoint', 'does not fit', `${scale.length} values`, `${zeroPoint.length}`);
  }
  const axis = view.read('axis');
  if (scale.length > 1 && shape[axis] !== scale.length) {
    throw view.fail(
      'axis',
      'does not fit',
      `an axis of size ${scale.length}, one per scale`,
      `axis ${axis} of ${formatShape(shape)}`,
    );
  }
  return { scale, zeroPoint, axis };
}

function readData(
  view: TensorView,
  shape: readonly number[],
  buffers: BufferTable,
): ReturnType<typeof elementsOf> | undefined {
  const path = view.pathOf('buffer');
  const bytes = buffers.bytes(view.read('buffer'), path);
  const elements = elementCount(shape);
  // Converters give computed tensors an empty buffer each; only a tensor of no elements is
  // constant without bytes.
  if (bytes === undefined || (bytes.length === 0 && elements > 0)) return undefined;
  const dtype = view.read('type');
  if (!isHeld(dtype)) return bytes;
  const expected = elements * bytesPerElement(dtype);
  if (bytes.length !== expected) {
    throw view.fail(
      'buffer',
      `does not fill ${dtype}${formatShape(shape)}`,
      `${expected} bytes`,
      `${bytes.length}`,
    );
  }
  return elementsOf(view.file, dtype, bytes, path);
}
