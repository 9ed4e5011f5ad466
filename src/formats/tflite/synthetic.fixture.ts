import { type Random, seededRandom } from '../../core/random.js';
import { operatorSchemas } from './operator-schema.js';
import type { TfliteBuiltin, TfliteModel, TfliteOperator, TfliteTensor } from './records.js';
import type { Field, TableSchema } from './table-schema.js';

/** One model with every described operator, every element type and every kind of tensor. */
export function syntheticModel(seed: number): TfliteModel {
  const random = seededRandom(seed);
  const tensors = syntheticTensors();
  return {
    version: 3,
    description: 'synthetic: été',
    metadata: new Map([['min_runtime_version', Uint8Array.of(49, 46, 53)]]),
    subgraphs: [
      {
        name: 'main',
        tensors,
        inputs: [0],
        outputs: [1, 2],
        operators: syntheticOperators(random, tensors.length),
      },
      { name: '', tensors: [computed('body')], inputs: [0], outputs: [0], operators: [] },
    ],
  };
}

function computed(name: string): TfliteTensor {
  return { name, dtype: 'float32', shape: [1, 4, 4, 3], isVariable: false };
}

function syntheticTensors(): readonly TfliteTensor[] {
  const shared = Float32Array.of(1.5, -2, 3e-8);
  const fixed = { isVariable: false };
  return [
    { ...computed('input'), shapeSignature: [1, -1, -1, 3] },
    {
      name: 'output',
      dtype: 'uint8',
      shape: [1, 4, 4, 3],
      isVariable: false,
      quantization: { scale: [0.0078125], zeroPoint: [128], axis: 0 },
    },
    { name: 'state', dtype: 'float32', shape: [2], isVariable: true },
    { ...fixed, name: 'bias', dtype: 'float32', shape: [3], data: shared },
    { ...fixed, name: 'bias again', dtype: 'float32', shape: [3], data: shared },
    { ...fixed, name: 'half', dtype: 'float16', shape: [2], data: Uint16Array.of(0x3c00, 0xc000) },
    { ...fixed, name: 'double', dtype: 'float64', shape: [1, 1], data: Float64Array.of(Math.PI) },
    {
      ...fixed,
      name: 'per channel',
      dtype: 'int8',
      shape: [2, 1, 1, 3],
      data: Int8Array.of(-128, 127, 0, 1, 2, 3),
      quantization: { scale: [0.5, 0.25, 2], zeroPoint: [0, -3, 7], axis: 3 },
    },
    { ...fixed, name: 'u8', dtype: 'uint8', shape: [1], data: Uint8Array.of(255) },
    { ...fixed, name: 'i16', dtype: 'int16', shape: [2], data: Int16Array.of(-32768, 5) },
    { ...fixed, name: 'u16', dtype: 'uint16', shape: [1], data: Uint16Array.of(65535) },
    { ...fixed, name: 'scalar', dtype: 'int32', shape: [], data: Int32Array.of(-7) },
    { ...fixed, name: 'u32', dtype: 'uint32', shape: [1], data: Uint32Array.of(2 ** 32 - 1) },
    { ...fixed, name: 'i64', dtype: 'int64', shape: [2], data: BigInt64Array.of(-1n, 2n ** 60n) },
    { ...fixed, name: 'u64', dtype: 'uint64', shape: [1], data: BigUint64Array.of(2n ** 64n - 1n) },
    { ...fixed, name: 'flags', dtype: 'bool', shape: [3], data: Uint8Array.of(1, 0, 1) },
    { ...fixed, name: 'nothing', dtype: 'int32', shape: [0], data: new Int32Array(0) },
    { ...fixed, name: 'words', dtype: 'string', shape: [1], data: Uint8Array.of(1, 0, 0, 0, 65) },
    { ...fixed, name: 'nibbles', dtype: 'int4', shape: [4], data: Uint8Array.of(0x21, 0x43) },
    { ...fixed, name: 'complex', dtype: 'complex64', shape: [2] },
  ];
}

function syntheticOperators(random: Random, tensorCount: number): readonly TfliteOperator[] {
  const wiring = () => ({
    inputs: [random.integer(0, tensorCount - 1), random.integer(0, tensorCount - 1), -1],
    outputs: [random.integer(0, tensorCount - 1)],
    version: random.integer(1, 3),
  });
  const described = Object.entries(operatorSchemas).map(
    ([name, { fields }]) =>
      ({ name, options: syntheticOptions(fields, random), ...wiring() }) as TfliteBuiltin,
  );
  return [
    ...described,
    {
      name: 'CUSTOM',
      customCode: 'Convolution2DTransposeBias',
      customOptions: Uint8Array.of(1, 0, 0, 0, 2),
      ...wiring(),
    },
    { name: 'UNSUPPORTED', builtinName: 'LSTM', code: 16, ...wiring() },
    { name: 'UNSUPPORTED', builtinName: 'GELU', code: 150, ...wiring() },
    { name: 'UNSUPPORTED', builtinName: 'builtin 4000', code: 4000, ...wiring() },
  ];
}

function syntheticOptions(fields: TableSchema, random: Random): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, syntheticOption(field, random)]),
  );
}

function syntheticOption(field: Field, random: Random): unknown {
  switch (field.kind) {
    case 'bool':
      return random.integer(0, 1) === 1;
    case 'enum':
      return field.names[random.integer(0, field.names.length - 1)];
    case 'int32s':
      return Array.from({ length: random.integer(0, 4) }, () => random.integer(-1, 9));
    case 'float32':
      return Math.fround(random.uniform());
    default:
      return random.integer(1, 100);
  }
}
