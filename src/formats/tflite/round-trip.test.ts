import { describe, expect, it } from 'vitest';
import { OutputError, UnsupportedError } from '../../core/errors.js';
import { builtinNames } from './builtin-operators.js';
import {
  constantTensor,
  readTflite,
  type TfliteModel,
  type TfliteTensor,
  writeTflite,
} from './index.js';
import { operatorSchemas } from './operator-schema.js';
import { syntheticModel } from './synthetic.fixture.js';

describe('a written model', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('reads as the same record (seed %i)', (seed) => {
    const model = syntheticModel(seed);
    expect(readTflite(writeTflite(model), 'model')).toEqual(model);
  });

  it('reads the same from bytes and Node buffers at any alignment', () => {
    const model = syntheticModel(1);
    const bytes = writeTflite(model);
    for (const shift of [1, 2, 4, 8]) {
      const shifted = new Uint8Array(bytes.length + shift);
      shifted.set(bytes, shift);
      expect(readTflite(shifted.subarray(shift), 'model')).toEqual(model);
      const buffer = Buffer.from(shifted.buffer, shift);
      expect(readTflite(buffer, 'model')).toEqual(model);
    }
  });

  it('keeps its constants as aligned views, and those in shared memory once', () => {
    const weights = new Float32Array(100_000).fill(0.5);
    const tensor = (name: string): TfliteTensor => ({
      name,
      dtype: 'float32',
      shape: [100_000],
      isVariable: false,
      data: weights,
    });
    const bytes = writeTflite(modelOf([tensor('a'), tensor('b')]));
    expect(bytes.length).toBeLessThan(weights.byteLength + 2000);
    const tensors = readTflite(bytes, 'model').subgraphs[0]?.tensors ?? [];
    for (const { data } of tensors) {
      expect(data?.buffer).toBe(bytes.buffer);
      expect((data?.byteOffset ?? 1) % 16).toBe(0);
    }
  });

  it('is the same bytes each time', () => {
    expect(writeTflite(syntheticModel(3))).toEqual(writeTflite(syntheticModel(3)));
  });

  it('is refused for a tensor whose storage the record does not hold', () => {
    const sparse: TfliteTensor = {
      name: 'pruned',
      dtype: 'float32',
      shape: [2],
      isVariable: false,
      obstacle: 'sparse',
    };
    expect(() => writeTflite(modelOf([sparse]))).toThrow(OutputError);
  });
});

describe('the tables of operators', () => {
  it('name each operator at its code', () => {
    // Codes of the public schema, from each part of the list.
    const codes = {
      ADD: 0,
      CONV_2D: 3,
      DEQUANTIZE: 6,
      CUSTOM: 32,
      SPLIT: 49,
      ARG_MAX: 56,
      TRANSPOSE_CONV: 67,
      RESIZE_NEAREST_NEIGHBOR: 97,
      QUANTIZE: 114,
      HARD_SWISH: 117,
      BATCH_MATMUL: 126,
      BROADCAST_TO: 130,
      GELU: 150,
      STABLEHLO_LOGISTIC: 162,
      DILATE: 203,
      STABLEHLO_CASE: 209,
    };
    for (const [name, code] of Object.entries(codes)) expect(builtinNames[code]).toBe(name);
    expect(builtinNames).toHaveLength(210);
    expect(new Set(builtinNames).size).toBe(210);
  });

  it('describe only operators that have a code', () => {
    for (const name of Object.keys(operatorSchemas)) expect(builtinNames).toContain(name);
  });
});

describe('constantTensor', () => {
  const tensors = syntheticModel(1).subgraphs[0]?.tensors ?? [];
  const named = (name: string): TfliteTensor => {
    const found = tensors.find((tensor) => tensor.name === name);
    if (found === undefined) throw new Error(`no tensor ${name}`);
    return found;
  };

  it('gives the value of a constant and nothing for a computed tensor', () => {
    expect(constantTensor(named('scalar'), 'model')).toEqual({
      dtype: 'int32',
      shape: [],
      data: Int32Array.of(-7),
    });
    expect(constantTensor(named('input'), 'model')).toBeUndefined();
  });

  it.each(['words', 'nibbles', 'complex'])('refuses to use %s', (name) => {
    expect(() => constantTensor(named(name), 'model: operator 3')).toThrow(UnsupportedError);
  });

  it('names the tensor and the obstacle', () => {
    const sparse = { ...named('bias'), obstacle: 'sparse' } as TfliteTensor;
    expect(() => constantTensor(sparse, 'model: operator 3')).toThrow(
      /^model: operator 3: tensor 'bias' .*found sparse/,
    );
  });
});

function modelOf(tensors: readonly TfliteTensor[]): TfliteModel {
  return {
    version: 3,
    description: '',
    metadata: new Map(),
    subgraphs: [{ name: '', tensors, inputs: [], outputs: [], operators: [] }],
  };
}
