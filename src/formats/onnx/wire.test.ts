import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { describe, expect, it } from 'vitest';
import { FormatError, UnsupportedError } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { readOnnx } from './read.js';
import type { OnnxModel } from './records.js';

type Fill = (writer: BinaryWriter) => void;

/** A length-delimited field, written by hand. */
function part(field: number, fill: Fill): Fill {
  return (writer) => {
    fill(writer.tag(field, WireType.LengthDelimited).fork());
    writer.join();
  };
}

const varint =
  (field: number, value: number | bigint): Fill =>
  (writer) =>
    writer.tag(field, WireType.Varint).int64(value);
const text =
  (field: number, value: string): Fill =>
  (writer) =>
    writer.tag(field, WireType.LengthDelimited).string(value);
const bytes =
  (field: number, value: Uint8Array): Fill =>
  (writer) =>
    writer.tag(field, WireType.LengthDelimited).bytes(value);
const packed = (field: number, fill: Fill) => part(field, fill);
const all =
  (...fills: readonly Fill[]): Fill =>
  (writer) => {
    for (const fill of fills) fill(writer);
  };

/** The bytes of a model around the fields of its graph. */
function modelOf(...graphFields: readonly Fill[]): Uint8Array {
  const writer = new BinaryWriter();
  all(varint(1, 8), part(7, all(...graphFields)), part(8, varint(2, 17)))(writer);
  return writer.finish();
}

/** The tensor of a file with one initializer of these fields. */
function readTensorOf(...fields: readonly Fill[]): Tensor | undefined {
  const file = modelOf(part(5, all(text(8, 'w'), ...fields)));
  return readOnnx(file, 'm.onnx').graph.initializers[0]?.tensor;
}

/** The attribute of a file with one node that has it. */
function readAttributeOf(...fields: readonly Fill[]) {
  const attribute = part(5, all(text(1, 'a'), ...fields));
  const file = modelOf(part(1, all(text(4, 'Op'), attribute)));
  return readOnnx(file, 'm.onnx').graph.nodes[0]?.attributes.get('a');
}

describe('lists of numbers', () => {
  it('are read packed, unpacked and mixed', () => {
    const ints = BigInt64Array.of(1n, -2n, 300n);
    const unpackedInts = all(...Array.from(ints, (value) => varint(8, value)));
    const packedInts = packed(8, (writer) => {
      for (const value of ints) writer.int64(value);
    });
    expect(readAttributeOf(varint(20, 7), unpackedInts)?.value).toEqual(ints);
    expect(readAttributeOf(varint(20, 7), packedInts)?.value).toEqual(ints);
    expect(readAttributeOf(varint(20, 7), packedInts, varint(8, 4))?.value).toEqual(
      BigInt64Array.of(1n, -2n, 300n, 4n),
    );
    const packedFloats = packed(7, (writer) => writer.float(0.5).float(2));
    const unpackedFloat: Fill = (writer) => writer.tag(7, WireType.Bit32).float(3);
    expect(readAttributeOf(varint(20, 6), packedFloats, unpackedFloat)?.value).toEqual(
      Float32Array.of(0.5, 2, 3),
    );
  });

  it('make shapes either way', () => {
    const raw = bytes(9, Uint8Array.of(1, 2, 3, 4, 5, 6));
    const twoByThree = { dtype: 'uint8', shape: [2, 3], data: Uint8Array.of(1, 2, 3, 4, 5, 6) };
    expect(readTensorOf(varint(2, 2), varint(1, 2), varint(1, 3), raw)).toEqual(twoByThree);
    const dims = packed(1, (writer) => writer.int64(2).int64(3));
    expect(readTensorOf(varint(2, 2), dims, raw)).toEqual(twoByThree);
  });
});

describe('typed tensor data', () => {
  const int32Data = (...values: readonly number[]) =>
    packed(5, (writer) => {
      for (const value of values) writer.int32(value);
    });
  const length = (count: number) => varint(1, count);

  it('is read for every element type from the field that holds it', () => {
    const cases: readonly [dataType: number, fields: Fill, expected: Tensor['data']][] = [
      [1, packed(4, (writer) => writer.float(0.5).float(-1)), Float32Array.of(0.5, -1)],
      [11, packed(10, (writer) => writer.double(0.1).double(1e300)), Float64Array.of(0.1, 1e300)],
      [
        7,
        packed(7, (writer) => writer.int64(-1).int64(2n ** 62n)),
        BigInt64Array.of(-1n, 2n ** 62n),
      ],
      [
        13,
        packed(11, (writer) => writer.uint64(2n ** 64n - 1n).uint64(0)),
        BigUint64Array.of(2n ** 64n - 1n, 0n),
      ],
      [
        12,
        packed(11, (writer) => writer.uint64(4294967295).uint64(0)),
        Uint32Array.of(4294967295, 0),
      ],
      [6, int32Data(-(2 ** 31), 7), Int32Array.of(-(2 ** 31), 7)],
      [10, int32Data(0x3c00, 0xc000), Uint16Array.of(0x3c00, 0xc000)],
      [2, int32Data(0, 255), Uint8Array.of(0, 255)],
      [3, int32Data(-128, 127), Int8Array.of(-128, 127)],
      [4, int32Data(65535, 1), Uint16Array.of(65535, 1)],
      [5, int32Data(-32768, 1), Int16Array.of(-32768, 1)],
      [9, int32Data(1, 0), Uint8Array.of(1, 0)],
    ];
    for (const [dataType, fields, expected] of cases) {
      const read = readTensorOf(varint(2, dataType), length(2), fields);
      expect(read?.data, `data type ${dataType}`).toEqual(expected);
    }
  });

  it('may be one scalar, or nothing at all', () => {
    expect(readTensorOf(varint(2, 6), varint(5, 9))).toEqual({
      dtype: 'int32',
      shape: [],
      data: Int32Array.of(9),
    });
    expect(readTensorOf(varint(2, 1), length(0))?.data).toEqual(new Float32Array(0));
  });

  it('is refused where an element does not fit or the shape is not filled', () => {
    expect(() => readTensorOf(varint(2, 2), length(2), int32Data(0, 256))).toThrow(
      /m\.onnx, tensor "w": element 1 does not fit the type uint8 \(found 256\)/,
    );
    expect(() => readTensorOf(varint(2, 6), length(3), int32Data(1, 2))).toThrow(
      /expected 3 elements, found 2/,
    );
    expect(() => readTensorOf(varint(2, 6), length(3), bytes(9, new Uint8Array(8)))).toThrow(
      /expected 12 bytes, found 8/,
    );
  });
});

describe('what the format allows besides', () => {
  it('skips unknown fields of every wire type', () => {
    const unknown = all(
      varint(100, 5),
      text(101, 'doc'),
      (writer) => writer.tag(102, WireType.Bit32).float(1).tag(103, WireType.Bit64).double(1),
      (writer) => {
        writer.tag(104, WireType.StartGroup);
        varint(1, 1)(writer);
        writer.tag(104, WireType.EndGroup);
      },
    );
    const file = modelOf(unknown, part(1, all(unknown, text(4, 'Relu'), unknown)), unknown);
    expect(readOnnx(file, 'm.onnx').graph.nodes.map(({ opType }) => opType)).toEqual(['Relu']);
  });

  it('takes the kind of an attribute from its value where the file is too old to tell', () => {
    expect(readAttributeOf(varint(3, -3))).toEqual({ kind: 'int', value: -3n });
    expect(readAttributeOf(varint(8, 2))).toEqual({ kind: 'ints', value: BigInt64Array.of(2n) });
    expect(() => readAttributeOf()).toThrow(/unknown kind of attribute/);
  });

  it('takes values that proto3 leaves out as zero or empty', () => {
    expect(readAttributeOf(varint(20, 1))).toEqual({ kind: 'float', value: 0 });
    expect(readAttributeOf(varint(20, 2))).toEqual({ kind: 'int', value: 0n });
    expect(readAttributeOf(varint(20, 3))).toEqual({ kind: 'string', value: '' });
    expect(() => readAttributeOf(varint(20, 4))).toThrow(FormatError);
  });

  it('knows the standard operators by both names of their domain, and negative sizes as unknown', () => {
    const dimension = part(1, varint(1, -1));
    const type = part(2, part(1, all(varint(1, 1), part(2, dimension))));
    const file = modelOf(
      part(1, all(text(4, 'Relu'), text(7, 'ai.onnx'))),
      part(11, all(text(1, 'x'), type)),
    );
    const read: OnnxModel = readOnnx(file, 'm.onnx');
    expect(read.graph.nodes[0]?.domain).toBe('');
    expect(read.graph.inputs).toEqual([{ name: 'x', dtype: 'float32', shape: ['?'] }]);
  });
});

describe('sound files with what no record stands for', () => {
  it.each<[string, () => unknown, RegExp]>([
    ['text tensors', () => readTensorOf(varint(2, 8), text(6, 'cat')), /type string/],
    ['bfloat16', () => readTensorOf(varint(2, 16), varint(1, 1)), /type bfloat16/],
    ['lists of graphs', () => readAttributeOf(varint(20, 10)), /list of graphs/],
    ['sparse weights', () => readOnnx(modelOf(part(15, text(3, ''))), 'm'), /sparse/],
    [
      'sequences',
      () => readOnnx(modelOf(part(11, all(text(1, 'x'), part(2, part(4, text(1, '')))))), 'm'),
      /"x".*dense tensors.*sequence/,
    ],
    [
      'functions',
      () => {
        const writer = new BinaryWriter();
        all(
          varint(1, 8),
          part(7, text(2, 'g')),
          part(8, varint(2, 17)),
          part(25, text(1, 'f')),
        )(writer);
        return readOnnx(writer.finish(), 'm');
      },
      /functions of its own.*inline/,
    ],
  ])('refuses %s', (_, read, message) => {
    expect(read).toThrow(UnsupportedError);
    expect(read).toThrow(message);
  });
});

describe('weights in another file', () => {
  const entry = (key: string, value: string) => part(13, all(text(1, key), text(2, value)));
  const file = (...entries: readonly Fill[]) =>
    modelOf(part(5, all(text(8, 'w'), varint(2, 1), varint(1, 2), varint(14, 1), ...entries)));
  const weights = new Uint8Array(Float32Array.of(0, 1, 2, 3).buffer);
  const resolve = (location: string) => {
    if (location !== 'w.bin') throw new Error('no such file');
    return weights;
  };
  const read = (...entries: readonly Fill[]) =>
    readOnnx(file(...entries), 'm.onnx', { external: resolve }).graph.initializers[0]?.tensor.data;

  it('are refused with a way to mend it', () => {
    expect(() => readOnnx(file(entry('location', 'w.bin')), 'm.onnx')).toThrow(
      /^m\.onnx, tensor "w": the weights lie in another file \(found location "w\.bin"\); save the model as one file/,
    );
  });

  it('are read at their offset where the caller gives the file', () => {
    const location = entry('location', 'w.bin');
    expect(read(location, entry('offset', '4'), entry('length', '8'))).toEqual(
      Float32Array.of(1, 2),
    );
    expect(read(location)).toEqual(Float32Array.of(0, 1));
  });

  it('are refused outside the file, the folder and the tensor', () => {
    const location = entry('location', 'w.bin');
    expect(() => read(location, entry('offset', '12'))).toThrow(/beyond the end of "w\.bin"/);
    expect(() => read(location, entry('offset', '-4'))).toThrow(/offset.*makes no sense/);
    expect(() => read(location, entry('length', '4'))).toThrow(/expected 8 bytes, found 4/);
    expect(() => read(entry('location', '../w.bin'))).toThrow(/not allowed/);
    expect(() => read(entry('location', '/etc/passwd'))).toThrow(/not allowed/);
    expect(() => read(entry('location', 'x.bin'))).toThrow(/"x\.bin" cannot be read: no such file/);
  });

  it('cannot be multiplied without bound', () => {
    const one = part(
      5,
      all(text(8, 'w'), varint(2, 1), varint(1, 4), varint(14, 1), entry('location', 'w.bin')),
    );
    const many = modelOf(...Array.from({ length: 20 }, () => one));
    expect(() => readOnnx(many, 'm.onnx', { external: resolve })).toThrow(/too many tensors share/);
  });
});
