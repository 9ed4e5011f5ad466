import { type DType, elementArrays } from '../../core/dtype.js';
import type { Random } from '../../core/random.js';
import { elementCount, float32, type Shape, type Tensor, tensor } from '../../core/tensor.js';
import type { OnnxAttribute, OnnxGraph, OnnxModel, OnnxNode, OnnxValueInfo } from './records.js';

/** Every element type a tensor can have. */
export const dtypes = Object.keys(elementArrays) as readonly DType[];

/** A tensor with random elements that every element type can hold; float16 bits stay finite. */
export function randomTensor(dtype: DType, shape: Shape, random: Random): Tensor {
  const count = elementCount(shape);
  const top = dtype === 'bool' ? 1 : 127;
  const numbers = Array.from({ length: count }, () => random.integer(0, top));
  if (dtype === 'int64') return tensor(dtype, shape, BigInt64Array.from(numbers, BigInt));
  if (dtype === 'uint64') return tensor(dtype, shape, BigUint64Array.from(numbers, BigInt));
  return { dtype, shape, data: elementArrays[dtype].from(numbers) } as Tensor;
}

export function node(
  opType: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, OnnxAttribute>> = {},
): OnnxNode {
  return {
    name: `${opType}_${outputs.join('_')}`,
    opType,
    domain: '',
    inputs,
    outputs,
    attributes: new Map(Object.entries(attributes)),
  };
}

export function value(
  name: string,
  dtype: DType | undefined,
  shape: OnnxValueInfo['shape'],
): OnnxValueInfo {
  return { name, dtype, shape };
}

/** A graph without anything but what is given. */
export function graph(parts: Partial<OnnxGraph>): OnnxGraph {
  return {
    name: 'main',
    nodes: [],
    initializers: [],
    inputs: [],
    outputs: [],
    valueInfo: [],
    ...parts,
  };
}

/** A model of a graph, in an IR version and operator set that ONNX Runtime knows. */
export function model(parts: Partial<OnnxGraph>): OnnxModel {
  return {
    irVersion: 8,
    opsetImports: new Map([['', 17]]),
    producerName: 'atrous',
    producerVersion: '1',
    metadata: new Map(),
    graph: graph(parts),
  };
}

/** A model that holds every kind of attribute, every element type and every kind of axis. */
export function richModel(random: Random): OnnxModel {
  const attributes: Readonly<Record<string, OnnxAttribute>> = {
    alpha: { kind: 'float', value: Math.fround(0.1) },
    infinite: { kind: 'float', value: Number.NEGATIVE_INFINITY },
    axis: { kind: 'int', value: -1n },
    smallest: { kind: 'int', value: -(2n ** 63n) },
    mode: { kind: 'string', value: 'linéär ✓' },
    empty: { kind: 'string', value: '' },
    value: { kind: 'tensor', value: float32([], [42]) },
    floats: { kind: 'floats', value: Float32Array.of(1.5, -0, 3e38) },
    ints: { kind: 'ints', value: BigInt64Array.of(0n, -5n, 2n ** 63n - 1n) },
    none: { kind: 'ints', value: new BigInt64Array(0) },
    strings: { kind: 'strings', value: ['a', '', 'b'.repeat(200)] },
    body: {
      kind: 'graph',
      value: graph({ name: 'body', nodes: [node('Relu', ['x'], ['z'])] }),
    },
  };
  const shapes: readonly Shape[] = [[], [0], [3, 0, 2], [7], [2, 3]];
  return {
    ...model({
      nodes: [
        { ...node('Everything', ['x', '', 'w'], ['y', 'y2'], attributes), domain: 'org.test' },
        { ...node('Relu', ['y'], ['z']), name: '' },
      ],
      initializers: dtypes.flatMap((dtype) =>
        shapes.map((shape) => ({
          name: `${dtype}[${shape.join()}]`,
          tensor: randomTensor(dtype, shape, random),
        })),
      ),
      inputs: [value('x', 'float32', ['batch', '?', 3, 0]), value('s', 'int64', [])],
      outputs: [value('y', 'float16', undefined), value('y2', undefined, undefined)],
      valueInfo: dtypes.map((dtype) => value(`v_${dtype}`, dtype, [1])),
    }),
    opsetImports: new Map([
      ['', 17],
      ['org.test', 3],
    ]),
    metadata: new Map([
      ['labels', 'cat\ndog'],
      ['', ''],
    ]),
  };
}
