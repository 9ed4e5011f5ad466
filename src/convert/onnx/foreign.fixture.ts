import { expect } from 'vitest';
import { seededRandom } from '../../core/random.js';
import type { Shape, Tensor } from '../../core/tensor.js';
import {
  type OnnxModel,
  type OnnxNode,
  type OnnxValueInfo,
  readOnnx,
  writeOnnx,
} from '../../formats/onnx/index.js';
import { model, value } from '../../formats/onnx/model.fixture.js';
import { relativeDifference, runGraph, runModel } from '../../graph/engine.fixture.js';
import type { Graph } from '../../graph/graph.js';
import { randomTensor } from '../../graph/random-call.fixture.js';
import { verify } from '../../graph/verify.js';
import { onnxToGraph } from './onnx-to-graph.js';

/** A file of one input `x` and one output `y`, as another program would write it. */
export interface ForeignFile {
  readonly opset: number;
  readonly nodes: readonly OnnxNode[];
  readonly constants?: Readonly<Record<string, Tensor>>;
  /** Shape of `x` as the file tells it; names stand for sizes that the caller chooses. */
  readonly shape: readonly (number | string)[];
  readonly dtype?: OnnxValueInfo['dtype'];
}

export function foreignModel({
  opset,
  nodes,
  constants = {},
  shape,
  dtype = 'float32',
}: ForeignFile): OnnxModel {
  const record = model({
    nodes,
    initializers: Object.entries(constants).map(([name, tensor]) => ({ name, tensor })),
    inputs: [value('x', dtype, shape)],
    outputs: [value('y', undefined, undefined)],
  });
  return { ...record, opsetImports: new Map([['', opset]]) };
}

/** The graph of a file at a shape of `x`. */
export function graphAt(model: OnnxModel, shape: Shape): Graph {
  const record = readOnnx(writeOnnx(model), 'm.onnx');
  return onnxToGraph(record, new Map([['x', shape]]), 'm.onnx');
}

/** Demands that the graph of a file computes what ONNX Runtime computes for the file itself. */
export async function expectSameAsFile(model: OnnxModel, shape: Shape): Promise<Graph> {
  const [input] = model.graph.inputs;
  const x = randomTensor(seededRandom(shape.length), input?.dtype ?? 'float32', shape);
  const expected = await runModel(model, { x });
  const graph = graphAt(model, shape);
  verify(graph);
  const found = await runGraph(graph, { x });
  expect(graph.outputs[0]?.value.shape).toEqual(expected['y']?.shape);
  expect(relativeDifference(found['y'], expected['y'])).toBeLessThan(1e-5);
  return graph;
}
