import { describe, expect, it } from 'vitest';
import { graphToOnnx } from '../convert/onnx/graph-to-onnx.js';
import type { DType } from '../core/dtype.js';
import { UnsupportedError } from '../core/errors.js';
import { int64, type Shape } from '../core/tensor.js';
import { writeOnnx } from '../formats/onnx/index.js';
import { type TfliteTensor, writeTflite } from '../formats/tflite/index.js';
import { GraphBuilder } from '../graph/builder.js';
import type { Value } from '../graph/graph.js';
import { type ModelFile, readModelFile, segmentationGraphOf } from './model-file.js';

const size = { width: 8, height: 8 };
const normalisation = { mean: [0, 0, 0], std: [1, 1, 1] } as const;

function open(bytes: Uint8Array, name: string): unknown {
  const file: ModelFile = readModelFile(bytes, name);
  return segmentationGraphOf(file, normalisation, file.fixedSize ?? size);
}

/** An ONNX file that turns an image into something else. */
function onnxFile(
  answer: (builder: GraphBuilder, image: Value) => Readonly<Record<string, Value>>,
  dtype: DType = 'float32',
  shape: Shape = [1, 3, 8, 8],
): Uint8Array {
  const builder = new GraphBuilder();
  const outputs = Object.entries(answer(builder, builder.input('image', dtype, shape)));
  const graph = builder.build(outputs.map(([name, value]) => ({ name, value })));
  return writeOnnx(graphToOnnx(graph));
}

function pooled(builder: GraphBuilder, image: Value): Value {
  return builder.add('GlobalAveragePool', [image], {});
}

function reshaped(builder: GraphBuilder, value: Value, shape: readonly number[]): Value {
  return builder.add('Reshape', [value, builder.constant(int64(shape))], {});
}

/** A TFLite file of one operator without options that reshapes its input to one output. */
function tfliteFile(input: TfliteTensor, output: TfliteTensor): Uint8Array {
  const shape: TfliteTensor = {
    name: 'shape',
    dtype: 'int32',
    shape: [output.shape.length],
    isVariable: false,
    data: Int32Array.from(output.shape),
  };
  const reshape = {
    name: 'RESHAPE',
    options: { newShape: output.shape },
    inputs: [0, 1],
    outputs: [2],
    version: 1,
  } as const;
  return writeTflite({
    version: 3,
    description: '',
    metadata: new Map(),
    subgraphs: [
      {
        name: 'main',
        tensors: [input, shape, output],
        inputs: [0],
        outputs: [2],
        operators: [reshape],
      },
    ],
  });
}

function tensor(name: string, shape: Shape): TfliteTensor {
  return { name, dtype: 'float32', shape, isVariable: false };
}

const files: Readonly<Record<string, Uint8Array>> = {
  'classifier, [1, classes]': onnxFile((builder, image) => ({
    scores: builder.add('Softmax', [builder.add('Flatten', [pooled(builder, image)], {})], {}),
  })),
  'classifier, [1, classes, 1, 1]': onnxFile((builder, image) => ({
    scores: pooled(builder, image),
  })),
  'classifier that gives a class index': onnxFile((builder, image) => {
    const flat = builder.add('Flatten', [pooled(builder, image)], {});
    return { label: builder.add('ArgMax', [flat], { axis: 1, keepdims: 0 }) };
  }),
  'detector, boxes and scores': onnxFile((builder, image) => ({
    boxes: reshaped(builder, image, [1, -1, 4]),
    scores: reshaped(builder, image, [1, -1]),
  })),
  'TFLite classifier': tfliteFile(tensor('image', [1, 8, 8, 3]), tensor('scores', [1, 192])),
};

describe('a model of another task', () => {
  it.each(Object.entries(files))('is refused for its output: %s', (title, bytes) => {
    expect(() => open(bytes, title)).toThrow(UnsupportedError);
    expect(() => open(bytes, title)).toThrow(
      /: no output that looks like class scores or class indices .*\[1, .*may be a model of another/,
    );
    expect(() => open(bytes, 'm.model')).toThrow(/^m\.model: /);
  });

  it.each<[string, Uint8Array]>([
    ['text', onnxFile((b, x) => ({ y: b.add('Relu', [x], {}) }), 'float32', [1, 128])],
    ['one channel', onnxFile((b, x) => ({ y: b.add('Relu', [x], {}) }), 'float32', [1, 1, 8, 8])],
    ['whole numbers', onnxFile((b, x) => ({ y: b.add('Relu', [x], {}) }), 'int32', [1, 3, 8, 8])],
    ['sound', tfliteFile(tensor('sound', [1, 15600]), tensor('y', [1, 5200, 3, 1]))],
    ['four channels', tfliteFile(tensor('image', [1, 8, 8, 4]), tensor('y', [1, 8, 8, 4]))],
    ['batches', tfliteFile(tensor('image', [2, 8, 8, 3]), tensor('y', [1, 16, 8, 3]))],
  ])('is refused for its input: %s', (title, bytes) => {
    expect(() => open(bytes, title)).toThrow(UnsupportedError);
    expect(() => open(bytes, title)).toThrow(/not an input for one RGB image .*another task$/);
  });

  it('is refused for a second input', () => {
    const bytes = onnxFile((builder, image) => ({
      y: builder.add('Add', [image, builder.input('prompt', 'float32', [1, 3, 8, 8])], {}),
    }));
    expect(() => open(bytes, 'm.onnx')).toThrow(UnsupportedError);
    expect(() => open(bytes, 'm.onnx')).toThrow(/^m\.onnx: .*"image".*"prompt"/);
  });
});
