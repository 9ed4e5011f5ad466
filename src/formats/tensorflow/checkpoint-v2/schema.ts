import { list, message, single } from '../../protobuf/message.js';

// Field numbers and names are those of tensorflow/core/protobuf/tensor_bundle.proto and
// tensorflow/core/framework/{tensor_shape,types}.proto.

export const bundleHeaderMessage = message('BundleHeaderProto', {
  shardCount: single(1, 'int32'),
  endianness: single(2, 'int32'),
});

export const bundleEntryMessage = message('BundleEntryProto', {
  dataType: single(1, 'int32'),
  shape: single(2, 'message'),
  shard: single(3, 'int32'),
  offset: single(4, 'int64'),
  size: single(5, 'int64'),
  maskedCrc32c: single(6, 'fixed32'),
  slices: list(7, 'message'),
});

export const tensorShapeMessage = message('TensorShapeProto', { dims: list(2, 'message') });

export const dimensionMessage = message('TensorShapeProto.Dim', { size: single(1, 'int64') });

/** Names of `DataType` by number, as `tf.DType.name` spells them. */
export const dataTypeNames: readonly string[] = [
  'invalid',
  'float32',
  'float64',
  'int32',
  'uint8',
  'int16',
  'int8',
  'string',
  'complex64',
  'int64',
  'bool',
  'qint8',
  'quint8',
  'qint32',
  'bfloat16',
  'qint16',
  'quint16',
  'uint16',
  'complex128',
  'float16',
  'resource',
  'variant',
  'uint32',
  'uint64',
];
