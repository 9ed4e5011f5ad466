import { graphToOnnx } from '../convert/onnx/graph-to-onnx.js';
import { float16ToNumber, type Tensor } from '../core/tensor.js';
import { type OnnxModel, writeOnnx } from '../formats/onnx/index.js';
import { openInThreadSession } from '../runtime/node/index.js';
import type { NamedTensors } from '../runtime/session.js';
import type { Graph } from './graph.js';

/** What ONNX Runtime computes for a graph, node by node as it is written. */
export async function runGraph(
  graph: Graph,
  feeds: NamedTensors,
): Promise<Readonly<Record<string, Tensor>>> {
  return runModel(graphToOnnx(graph), feeds);
}

/** What ONNX Runtime computes for a graph from each of several sets of feeds. */
export async function runEach(
  graph: Graph,
  feeds: readonly NamedTensors[],
): Promise<readonly Readonly<Record<string, Tensor>>[]> {
  return runModelEach(graphToOnnx(graph), feeds);
}

/**
 * What ONNX Runtime computes for a model, without its optimizations, and without the file telling
 * types of outputs: those of the result are ONNX Runtime's own.
 */
export async function runModel(
  model: OnnxModel,
  feeds: NamedTensors,
): Promise<Readonly<Record<string, Tensor>>> {
  const [result = {}] = await runModelEach(model, [feeds]);
  return result;
}

async function runModelEach(
  model: OnnxModel,
  feeds: readonly NamedTensors[],
): Promise<readonly Readonly<Record<string, Tensor>>[]> {
  const outputs = model.graph.outputs.map(({ name }) => ({
    name,
    dtype: undefined,
    shape: undefined,
  }));
  const bytes = writeOnnx({ ...model, graph: { ...model.graph, outputs } });
  const session = await openInThreadSession(bytes, { optimization: 'disabled', threads: 1 });
  try {
    const results: Readonly<Record<string, Tensor>>[] = [];
    for (const each of feeds) results.push(await session.run(each));
    return results;
  } finally {
    await session.dispose();
  }
}

/**
 * Largest difference between two tensors' elements, relative to the largest element of the second
 * (at least 1); infinite where types, shapes or special values differ.
 */
export function relativeDifference(a: Tensor | undefined, b: Tensor | undefined): number {
  if (a === undefined || b === undefined) return Number.POSITIVE_INFINITY;
  if (a.dtype !== b.dtype || `${a.shape}` !== `${b.shape}`) return Number.POSITIVE_INFINITY;
  const read = ({ dtype, data }: Tensor, at: number): number => {
    const element = Number(data[at]);
    return dtype === 'float16' ? float16ToNumber(element) : element;
  };
  let greatest = 1;
  let difference = 0;
  for (let at = 0; at < a.data.length; at++) {
    const [x, y] = [read(a, at), read(b, at)];
    if (Object.is(x, y) || x === y) continue;
    if (!Number.isFinite(x - y)) return Number.POSITIVE_INFINITY;
    greatest = Math.max(greatest, Math.abs(y));
    difference = Math.max(difference, Math.abs(x - y));
  }
  return difference / greatest;
}
