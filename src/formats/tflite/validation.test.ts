import { Builder } from 'flatbuffers';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../core/errors.js';
import { type WriteValues, type Written, writeTable } from './flatbuffer-write.js';
import { constantTensor, readTflite } from './index.js';
import { operatorSchemas } from './operator-schema.js';
import * as schema from './schema.js';
import type { TableSchema } from './table-schema.js';

const text = (content: string): Uint8Array => new TextEncoder().encode(content);

describe('a file that is no TensorFlow Lite model is called by its name', () => {
  it.each([
    ['an empty file', new Uint8Array(0)],
    ['an ONNX model', Uint8Array.of(0x08, 0x07, 0x12, 0x07, 0x70, 0x79, 0x74, 0x6f, 0x72, 0x63)],
    ['an HTML or XML page', text('\n<!DOCTYPE html><html><title>404</title></html>')],
    ['a zip archive', text('PK\x03\x04 and more of it')],
    ['a JPEG picture', Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 16, 74, 70, 73, 70)],
    ['a PNG picture', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10)],
    ['a Git LFS pointer', text('version https://git-lfs.github.com/spec/v1\noid sha256:0')],
    ['3 bytes', Uint8Array.of(1, 2, 3)],
    ['bytes that begin with 01 02 03 04 05 06 07 08', Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9)],
  ])('%s', (name, bytes) => {
    expect(() => readTflite(bytes, 'road.tflite')).toThrow(
      `road.tflite: this is not a TensorFlow Lite model (expected a .tflite file, with TFL3 at its fifth byte, found ${name})`,
    );
  });
});

describe('an unsound model is refused with the place of the fault', () => {
  const float: TensorValues = { shape: [2], name: 't' };
  it.each<readonly [string, Parts, RegExp]>([
    ['no subgraph', { subgraphs: 0 }, /subgraphs: are missing/],
    ['another schema version', { version: 2 }, /schema version is unknown .*expected 3, found 2/],
    ['a negative size', { tensors: [{ shape: [1, -4] }] }, /tensors\[0\]\.shape: .*\[1, -4\]/],
    [
      'more elements than can be counted',
      { tensors: [{ shape: [2 ** 30, 2 ** 30] }] },
      /tensors\[0\]\.shape: is too large/,
    ],
    [
      'a signature of another rank',
      { tensors: [{ shape: [1, 2], shapeSignature: [-1] }] },
      /shapeSignature: does not fit/,
    ],
    [
      'data that does not fill the shape',
      { tensors: [{ ...float, buffer: 1 }], buffers: [{}, { data: new Uint8Array(7) }] },
      /tensors\[0\]\.buffer: does not fill float32\[2\] \(expected 8 bytes, found 7\)/,
    ],
    ['a buffer that is not there', { tensors: [{ ...float, buffer: 9 }] }, /is not a buffer/],
    [
      'a buffer outside the file',
      { tensors: [{ ...float, buffer: 1 }], buffers: [{}, { offset: 2 ** 40, size: 8 }] },
      /buffers\[1\]: points outside the file/,
    ],
    ['an input that is not there', { tensors: [float], inputs: [1] }, /inputs: is not a tensor/],
    [
      'an operator on a tensor that is not there',
      { tensors: [float], operator: { inputs: [0, -1, 5] } },
      /operators\[0\]\.inputs: is not a tensor \(expected -1 to 0, found 5\)/,
    ],
    [
      'an operator without output tensor',
      { tensors: [float], operator: { inputs: [0], outputs: [-1] } },
      /operators\[0\]\.outputs: is not a tensor/,
    ],
    [
      'an operator code that is not there',
      { tensors: [float], operator: { opcodeIndex: 3 } },
      /opcodeIndex: is not an operator code/,
    ],
    [
      'a convolution without options',
      { code: { deprecatedBuiltinCode: 3 }, operator: {} },
      /options: lack strideWidth of CONV_2D/,
    ],
    [
      'a convolution with the options of another operator',
      { code: { deprecatedBuiltinCode: 3 }, operator: { optionsType: 5 } },
      /optionsType: is not that of CONV_2D \(expected 1, found 5\)/,
    ],
    [
      'a custom operator without a name',
      { code: { deprecatedBuiltinCode: 32 } },
      /customCode: is missing/,
    ],
    [
      'fewer zero points than scales',
      { tensors: [float], quantization: { scale: [1, 2], zeroPoint: [0] } },
      /zeroPoint: does not fit \(expected 2 values, found 1\)/,
    ],
    [
      'more scales than channels',
      { tensors: [float], quantization: { scale: [1, 2, 3], zeroPoint: [0, 0, 0] } },
      /axis: does not fit \(expected an axis of size 3, one per scale, found axis 0 of \[2\]\)/,
    ],
    [
      'a scale that is not a number',
      { tensors: [float], quantization: { scale: [Number.NaN] } },
      /scale: is not a scale/,
    ],
  ])('%s', (_, parts, message) => {
    const bytes = build(parts);
    expect(() => readTflite(bytes, 'bad.tflite')).toThrow(FormatError);
    expect(() => readTflite(bytes, 'bad.tflite')).toThrow(message);
    expect(() => readTflite(bytes, 'bad.tflite')).toThrow(/^bad\.tflite: /);
  });

  it('a convolution with a stride of zero', () => {
    const bytes = build({
      code: { deprecatedBuiltinCode: 3 },
      operator: { optionsType: 1 },
      options: { strideHeight: 0, strideWidth: 1 },
    });
    expect(() => readTflite(bytes, 'bad')).toThrow(
      /strideHeight: is too small \(expected at least 1/,
    );
  });
});

describe('what older and newer converters write', () => {
  const codeOf = (deprecatedBuiltinCode: number, builtinCode: number) =>
    readTflite(build({ code: { deprecatedBuiltinCode, builtinCode }, operator: {} }), 'model')
      .subgraphs[0]?.operators[0];

  it('takes the larger of the two operator codes', () => {
    expect(codeOf(19, 0)?.name).toBe('RELU');
    expect(codeOf(127, 130)?.name).toBe('BROADCAST_TO');
    expect(codeOf(19, 19)?.name).toBe('RELU');
  });

  it('keeps an operator that is not described, by its name', () => {
    expect(codeOf(127, 150)).toMatchObject({ name: 'UNSUPPORTED', builtinName: 'GELU', code: 150 });
    expect(codeOf(127, 5000)).toMatchObject({ builtinName: 'builtin 5000', code: 5000 });
  });

  it('takes the default where optional options are missing', () => {
    expect(codeOf(22, 0)).toMatchObject({ name: 'RESHAPE', options: { newShape: [] } });
    expect(codeOf(0, 0)).toMatchObject({ name: 'ADD', options: { activation: 'NONE' } });
    expect(codeOf(23, 0)).toMatchObject({
      options: { alignCorners: false, halfPixelCenters: false },
    });
  });

  it('takes an empty buffer for that of a computed tensor', () => {
    const bytes = build({
      tensors: [{ shape: [2], buffer: 1 }],
      buffers: [{}, { data: new Uint8Array(0) }],
    });
    expect(readTflite(bytes, 'model').subgraphs[0]?.tensors[0]).not.toHaveProperty('data');
  });

  it('takes a quantisation table without scales for none', () => {
    const bytes = build({ tensors: [{ shape: [2] }], quantization: {} });
    expect(readTflite(bytes, 'model').subgraphs[0]?.tensors[0]).not.toHaveProperty('quantization');
  });

  it.each([
    [{ externalBuffer: 1 }, {}, 'external data'],
    [{}, { detailsType: 'blockwise' }, 'blockwise quantization'],
  ] as const)('marks a tensor that cannot be used: %o %o', (tensor, quantization, obstacle) => {
    const bytes = build({ tensors: [{ shape: [2], ...tensor }], quantization });
    const record = readTflite(bytes, 'model').subgraphs[0]?.tensors[0];
    expect(record?.obstacle).toBe(obstacle);
    expect(() => record && constantTensor(record, 'model')).toThrow(obstacle);
  });

  it('marks a sparse tensor and leaves its packed data alone', () => {
    const bytes = build({
      tensors: [{ shape: [100], buffer: 1 }],
      buffers: [{}, { data: new Uint8Array(12) }],
      sparse: true,
    });
    const record = readTflite(bytes, 'model').subgraphs[0]?.tensors[0];
    expect(record?.obstacle).toBe('sparse');
    expect(record).not.toHaveProperty('data');
  });

  it('reads constants and custom options that lie behind the flatbuffer', () => {
    const outside = { offset: placeholder, size: 8 };
    const inner = build({
      tensors: [{ shape: [2], buffer: 1 }],
      buffers: [{}, outside],
      code: { deprecatedBuiltinCode: 32, customCode: 'Mine' },
      operator: { largeOptionsOffset: placeholder, largeOptionsSize: 8 },
    });
    const bytes = new Uint8Array(Math.ceil(inner.length / 16) * 16 + 8);
    bytes.set(inner);
    const view = new DataView(bytes.buffer);
    const start = bytes.length - 8;
    view.setFloat32(start, 1.5, true);
    view.setFloat32(start + 4, -2, true);
    expect(replacePlaceholders(view, start)).toBe(2);
    const subgraph = readTflite(bytes, 'model').subgraphs[0];
    expect(subgraph?.tensors[0]?.data).toEqual(Float32Array.of(1.5, -2));
    expect(subgraph?.operators[0]).toMatchObject({
      customCode: 'Mine',
      customOptions: bytes.slice(start),
    });
  });
});

const placeholder = 0x0f1e2d3c4b5a6;

function replacePlaceholders(view: DataView, value: number): number {
  let replaced = 0;
  for (let at = 0; at + 8 <= view.byteLength; at += 4) {
    if (view.getBigUint64(at, true) !== BigInt(placeholder)) continue;
    view.setBigUint64(at, BigInt(value), true);
    replaced++;
  }
  return replaced;
}

type TensorValues = WriteValues<typeof schema.tensorSchema>;

/** A model of one subgraph and at most one operator, sound or not. */
interface Parts {
  readonly version?: number;
  readonly subgraphs?: number;
  readonly tensors?: readonly TensorValues[];
  readonly inputs?: readonly number[];
  readonly quantization?: WriteValues<typeof schema.quantizationSchema>;
  readonly sparse?: boolean;
  readonly buffers?: readonly WriteValues<typeof schema.bufferSchema>[];
  readonly code?: WriteValues<typeof schema.operatorCodeSchema>;
  readonly operator?: WriteValues<typeof schema.operatorSchema>;
  readonly options?: { readonly strideHeight: number; readonly strideWidth: number };
}

function build(parts: Parts): Uint8Array {
  const builder = new Builder();
  const write = <S extends TableSchema>(of: S, values: WriteValues<S>): Written =>
    writeTable(builder, of, values);
  const quantization = parts.quantization && write(schema.quantizationSchema, parts.quantization);
  const sparsity = parts.sparse === true ? write({}, {}) : undefined;
  const tensors = (parts.tensors ?? []).map((tensor) =>
    write(schema.tensorSchema, { ...tensor, quantization, sparsity }),
  );
  const options = parts.options && write(operatorSchemas.CONV_2D.fields, parts.options);
  const operators =
    parts.operator === undefined
      ? []
      : [write(schema.operatorSchema, { ...parts.operator, options })];
  const subgraph = write(schema.subgraphSchema, { tensors, operators, inputs: parts.inputs });
  const model = write(schema.modelSchema, {
    version: parts.version ?? 3,
    subgraphs: Array.from({ length: parts.subgraphs ?? 1 }, () => subgraph),
    operatorCodes: [write(schema.operatorCodeSchema, parts.code ?? {})],
    buffers: (parts.buffers ?? [{}]).map((buffer) => write(schema.bufferSchema, buffer)),
  });
  builder.finish(model, 'TFL3');
  return builder.asUint8Array().slice();
}
