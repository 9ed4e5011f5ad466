import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../core/random.js';
import { float32, tensor } from '../../core/tensor.js';
import { dtypes, graph, model, node, randomTensor, value } from './model.fixture.js';
import { intAttribute, intsAttribute, type OnnxModel } from './records.js';
import { writeOnnx } from './write.js';

// ONNX Runtime reads files with the official protobuf code: what it computes proves the bytes.
const open = (record: OnnxModel) =>
  InferenceSession.create(writeOnnx(record), { logSeverityLevel: 4 });

describe('a written model in ONNX Runtime', () => {
  it('computes a convolution and a relu', async () => {
    const session = await open(
      model({
        nodes: [
          node('Conv', ['x', 'w', 'b'], ['c'], {
            kernel_shape: intsAttribute([3, 3]),
            pads: intsAttribute([1, 1, 1, 1]),
            group: intAttribute(1),
          }),
          node('Relu', ['c'], ['y']),
        ],
        initializers: [
          { name: 'w', tensor: float32([1, 1, 3, 3], [0, 1, 0, 1, -4, 1, 0, 1, 0]) },
          { name: 'b', tensor: float32([1], [0.5]) },
        ],
        inputs: [value('x', 'float32', ['batch', 1, '?', '?'])],
        outputs: [value('y', 'float32', ['batch', 1, '?', '?'])],
      }),
    );
    const x = new OrtTensor('float32', Float32Array.of(1, 0, 0, 2), [1, 1, 2, 2]);
    const { y } = await session.run({ x });
    expect(y?.dims).toEqual([1, 1, 2, 2]);
    expect(y?.data).toEqual(Float32Array.of(0, 3.5, 3.5, 0));
    await session.release();
  });

  it('chooses a branch among sub-graphs', async () => {
    const branch = (name: string, number: number) => {
      const constant = { kind: 'tensor', value: float32([1], [number]) } as const;
      return {
        kind: 'graph',
        value: graph({
          name,
          nodes: [node('Constant', [], [name], { value: constant })],
          outputs: [value(name, 'float32', [1])],
        }),
      } as const;
    };
    const session = await open(
      model({
        nodes: [
          node('If', ['condition'], ['y'], {
            then_branch: branch('yes', 7),
            else_branch: branch('no', 9),
          }),
        ],
        inputs: [value('condition', 'bool', [])],
        outputs: [value('y', 'float32', [1])],
      }),
    );
    const run = async (bit: number) =>
      (await session.run({ condition: new OrtTensor('bool', Uint8Array.of(bit), []) }))['y']?.data;
    expect(await run(1)).toEqual(Float32Array.of(7));
    expect(await run(0)).toEqual(Float32Array.of(9));
    await session.release();
  });

  it('gives back weights of every element type, shape by shape', async () => {
    const random = seededRandom(4);
    const weights = dtypes.flatMap((dtype) =>
      [[], [5], [2, 0], [2, 3]].map((shape) => randomTensor(dtype, shape, random)),
    );
    const session = await open(
      model({
        nodes: weights.map((_, i) => node('Identity', [`w${i}`], [`y${i}`])),
        initializers: weights.map((weight, i) => ({ name: `w${i}`, tensor: weight })),
        outputs: weights.map(({ dtype, shape }, i) => value(`y${i}`, dtype, shape)),
      }),
    );
    const outputs = await session.run({});
    weights.forEach(({ dtype, shape, data }, i) => {
      const output = outputs[`y${i}`];
      const place = `${dtype}[${shape}]`;
      expect(output?.type, place).toBe(dtype);
      expect(output?.dims, place).toEqual(shape);
      expect(Array.from(new Uint8Array(bufferOf(output?.data))), place).toEqual(
        Array.from(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
      );
    });
    await session.release();
  });

  it('carries large weights whole', async () => {
    const random = seededRandom(5);
    const data = Float32Array.from({ length: 30_000 }, () => random.normal());
    const session = await open(
      model({
        nodes: [node('Identity', ['w'], ['y'])],
        initializers: [{ name: 'w', tensor: tensor('float32', [30, 1000], data) }],
        outputs: [value('y', 'float32', [30, 1000])],
      }),
    );
    expect((await session.run({}))['y']?.data).toEqual(data);
    await session.release();
  });
});

function bufferOf(data: OrtTensor['data'] | undefined): ArrayBufferLike {
  if (data === undefined || Array.isArray(data)) throw new TypeError('no numeric output');
  return data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength);
}
