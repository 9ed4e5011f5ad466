import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { toSegmentationGraph } from '../convert/segmentation/segmentation-graph.js';
import { tfliteToGraph } from '../convert/tflite/tflite-to-graph.js';
import { seededRandom } from '../core/random.js';
import { type Tensor, tensor } from '../core/tensor.js';
import { readTflite } from '../formats/tflite/index.js';
import { runGraph } from '../graph/engine.fixture.js';
import type { Graph } from '../graph/graph.js';
import { parseNetworkName } from '../models/names.js';
import { loadInitialWeights } from './initial-weights.js';
import { describeNetwork, inferenceGraph } from './network-graph.js';

const models = path.resolve(process.cwd(), '../shared/models');

const released = [
  {
    name: 'deeplabv3_257_mv_gpu',
    network: 'deeplabv3-mobilenetv2-os8-dm0.5',
    side: 257,
    middle: 127.5,
  },
  // The 8-bit files take (x - 128) / 128: their input's scale is 1 / 128 and its zero point 128.
  {
    name: 'deeplabv3_mnv2_dm05_pascal_quant',
    network: 'deeplabv3-mobilenetv2-dm0.5',
    side: 513,
    middle: 128,
  },
  {
    name: 'deeplabv3_mnv2_pascal_quant',
    network: 'deeplabv3-mobilenetv2',
    side: 513,
    middle: 128,
  },
  {
    name: 'deeplab_mobilenet_edgetpu_slim_cityscapes_quant',
    network: 'deeplabv3-mobilenetedgetpu-dm0.75-filters128-classes19',
    side: 513,
    middle: 128,
  },
] as const;

async function scoresOf(graph: Graph, pixels: Uint8Array, side: number): Promise<Tensor> {
  const shape = [1, side, side, 3];
  const image =
    graph.inputs[0]?.dtype === 'uint8'
      ? tensor('uint8', shape, pixels)
      : tensor('float32', shape, Float32Array.from(pixels));
  return (await runGraph(graph, { image }))['scores'] as Tensor;
}

describe.each(released)('weights out of $name', ({ name, side, middle, network }) => {
  const file = path.join(models, `${name}.tflite`);
  it.skipIf(!existsSync(file))("give the file's own logits within 1e-3", async () => {
    const settings = parseNetworkName(network);
    const bytes = readFileSync(file);
    const random = seededRandom(1);
    const { weights, renewed } = loadInitialWeights(bytes, name, describeNetwork(settings), {
      lastLayers: 'all',
      random,
    });
    expect(renewed).toEqual([]);
    const planes = [middle, middle, middle] as const;
    const normalisation = { mean: planes, std: planes };
    const size = { width: side, height: side };
    const [own, theirs] = [
      inferenceGraph(settings, weights, size),
      tfliteToGraph(readTflite(bytes, name), name, 'real'),
    ].map((graph) => toSegmentationGraph(graph, normalisation, name).graph);
    const pixels = Uint8Array.from({ length: 3 * side * side }, () => random.integer(0, 255));
    const found = await scoresOf(own as Graph, pixels, side);
    const expected = await scoresOf(theirs as Graph, pixels, side);
    expect(found.shape).toEqual([1, settings.classes, 33, 33]);
    let largest = 0;
    expected.data.forEach((score, at) => {
      largest = Math.max(largest, Math.abs(Number(score) - Number(found.data[at])));
    });
    expect(largest).toBeLessThan(1e-3);
  });
});
