import { describe, expect, it } from 'vitest';
import { OutputError } from '../../core/errors.js';
import { seededRandom } from '../../core/random.js';
import { float32, tensor } from '../../core/tensor.js';
import { graph, model, node, richModel } from './model.fixture.js';
import { readOnnx } from './read.js';
import { floatAttribute, intAttribute, intsAttribute, type OnnxModel } from './records.js';
import { writeOnnx } from './write.js';

describe('an ONNX model that is written and read', () => {
  it('stays the same in every attribute, element type and shape', () => {
    const original = richModel(seededRandom(1));
    expect(readOnnx(writeOnnx(original), 'm.onnx')).toEqual(original);
  });

  it('gives equal bytes each time', () => {
    const bytes = writeOnnx(richModel(seededRandom(2)));
    expect(writeOnnx(richModel(seededRandom(2)))).toEqual(bytes);
    expect(writeOnnx(readOnnx(bytes, 'm.onnx'))).toEqual(bytes);
  });

  it('is read from any offset of a larger buffer, aligned or not', () => {
    const original = richModel(seededRandom(3));
    const bytes = writeOnnx(original);
    for (let offset = 0; offset < 8; offset++) {
      const larger = new Uint8Array(bytes.length + 8);
      larger.set(bytes, offset);
      const view = larger.subarray(offset, offset + bytes.length);
      expect(readOnnx(view, 'm.onnx')).toEqual(original);
    }
  });

  it('shares the memory of the file where the weights are aligned, and only there', () => {
    const weights = float32(
      [4096],
      Float32Array.from({ length: 4096 }, (_, i) => i),
    );
    const bytes = writeOnnx(model({ initializers: [{ name: 'w', tensor: weights }] }));
    const shared = [0, 1, 2, 3].map((offset) => {
      const larger = new Uint8Array(bytes.length + 4);
      larger.set(bytes, offset);
      const read = readOnnx(larger.subarray(offset, offset + bytes.length), 'm.onnx');
      const data = read.graph.initializers[0]?.tensor.data;
      expect(data).toEqual(weights.data);
      return data?.buffer === larger.buffer;
    });
    expect(shared.filter((is) => is)).toHaveLength(1);
  });

  it('keeps numbers that are given as plain JavaScript numbers', () => {
    const attributes = {
      epsilon: floatAttribute(1e-3),
      group: intAttribute(1),
      pads: intsAttribute([1, -1]),
    };
    const read = readOnnx(writeOnnx(model({ nodes: [node('Op', [], ['y'], attributes)] })), 'm');
    const values = [...(read.graph.nodes[0]?.attributes.values() ?? [])].map(({ value }) => value);
    expect(values).toEqual([Math.fround(1e-3), 1n, BigInt64Array.of(1n, -1n)]);
  });
});

describe('writing a model that no file can hold', () => {
  it('refuses more than 2 GiB before it takes the memory', () => {
    const block = tensor('uint8', [2 ** 26], new Uint8Array(2 ** 26));
    const initializers = Array.from({ length: 33 }, (_, i) => ({ name: `w${i}`, tensor: block }));
    expect(() => writeOnnx(model({ initializers }))).toThrow(/too large for one ONNX file/);
  });

  it('names the initializer whose data does not fill its shape', () => {
    const broken = { dtype: 'float32', shape: [3], data: new Float32Array(2) } as const;
    const write = () => writeOnnx(model({ initializers: [{ name: 'w', tensor: broken }] }));
    expect(write).toThrow(OutputError);
    expect(write).toThrow(/initializer "w".*expected 12 bytes, found 8/);
  });

  it('names the attribute that does not fit into 64 bits, in a sub-graph too', () => {
    const inner = graph({ nodes: [node('Inner', [], ['y'], { big: intAttribute(2n ** 63n) })] });
    const broken: OnnxModel = model({
      nodes: [node('If', [], ['y'], { body: { kind: 'graph', value: inner } })],
    });
    expect(() => writeOnnx(broken)).toThrow(/\(If\).*"body".*\(Inner\).*"big".*64 bits/);
  });
});
