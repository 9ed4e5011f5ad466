import { expect, it } from 'vitest';
import { seededRandom } from '../core/random.js';
import { type Tensor, tensor } from '../core/tensor.js';
import { readOnnx } from '../formats/onnx/index.js';
import { relativeDifference, runGraph } from '../graph/engine.fixture.js';
import { rgbImage } from '../image/index.js';
import { nodeRuntime } from '../runtime/node/index.js';
import { checkpointBytes, smallCheckpoint } from '../weights/small-checkpoint.fixture.js';
import { brightnessOnnx, brightnessTflite } from './brightness-model.fixture.js';
import { exportOnnx } from './export-onnx.js';
import { Segmenter } from './node/segmenter.js';

const size = { width: 49, height: 65 };
const random = seededRandom(1);
const picture = rgbImage(
  60,
  70,
  Uint8Array.from({ length: 60 * 70 * 3 }, () => random.integer(0, 255)),
);

async function withSegmenter<T>(
  bytes: Uint8Array,
  work: (segmenter: Segmenter) => Promise<T> | T,
): Promise<T> {
  const segmenter = await Segmenter.load(bytes, { worker: false });
  try {
    return await work(segmenter);
  } finally {
    await segmenter.dispose();
  }
}

const checkpoint = checkpointBytes(
  smallCheckpoint(
    { head: 'v3+', atrousRates: [6] },
    {
      labels: ['sky', 'road', 'nothing', 'tree'],
      background: 2,
      normalisation: { mean: [10, 20, 30], std: [100, 90, 80] },
    },
  ),
);

it('writes standard operators alone, batch norm folded, which any session runs', async () => {
  const { bytes, graph } = await withSegmenter(checkpoint, (segmenter) => ({
    bytes: exportOnnx(segmenter, size),
    graph: segmenter.file.graph(size),
  }));
  const model = readOnnx(bytes, 'a.onnx');
  expect(new Set(model.graph.nodes.map(({ domain }) => domain))).toEqual(new Set(['']));
  expect([...model.opsetImports.keys()]).toEqual(['']);
  const operators = new Set(model.graph.nodes.map(({ opType }) => opType));
  expect(operators).not.toContain('BatchNormalization');
  expect(model.graph.inputs).toEqual([{ name: 'image', dtype: 'float32', shape: [1, 3, 65, 49] }]);
  expect(model.graph.outputs).toEqual([
    { name: 'logits', dtype: 'float32', shape: [1, 4, 65, 49] },
  ]);

  const data = Float32Array.from({ length: 3 * 65 * 49 }, random.normal);
  const image = tensor('float32', [1, 3, 65, 49], data);
  const session = await nodeRuntime({ worker: false }).open(bytes);
  const { logits } = await session.run({ image });
  await session.dispose();
  const expected = (await runGraph(graph, { image }))['logits'] as Tensor;
  expect(relativeDifference(logits, expected)).toBeLessThan(1e-4);
});

it('opens by itself with names, colours, normalisation and size', async () => {
  const [own, bytes, labels] = await withSegmenter(checkpoint, async (segmenter) => {
    const { labelMap } = await segmenter.segment(picture, { size });
    return [segmenter, exportOnnx(segmenter, size), labelMap] as const;
  });
  await withSegmenter(bytes, async (exported) => {
    expect(exported.file.format).toBe('onnx');
    expect(exported.inputSize).toEqual(size);
    expect(exported.normalisation).toEqual(own.normalisation);
    expect(exported.classes).toEqual(own.classes);
    const { labelMap } = await exported.segment(picture);
    expect(labelMap).toEqual(labels);
  });
});

it('halves the file in half precision, its scores nearly the same', async () => {
  const [whole, half] = await withSegmenter(checkpoint, (segmenter) => [
    exportOnnx(segmenter, size),
    exportOnnx(segmenter, size, { float16: true }),
  ]);
  expect(half?.length).toBeLessThan(0.55 * (whole?.length ?? 0));
  const data = Float32Array.from({ length: 3 * 65 * 49 }, random.normal);
  const image = tensor('float32', [1, 3, 65, 49], data);
  const logits: (Tensor | undefined)[] = [];
  for (const bytes of [half, whole]) {
    const session = await nodeRuntime({ worker: false }).open(bytes ?? new Uint8Array());
    logits.push((await session.run({ image }))['logits']);
    await session.dispose();
  }
  const difference = relativeDifference(logits[0], logits[1] as Tensor);
  expect(difference).toBeGreaterThan(0);
  expect(difference).toBeLessThan(0.02);
  await withSegmenter(half ?? new Uint8Array(), async (exported) => {
    expect(exported.describe().cost.parameters).toBeGreaterThan(100_000);
  });
});

it.each([
  ['a TFLite file', brightnessTflite({ classes: 3, width: 49, height: 65 })],
  ['an ONNX file of open size', brightnessOnnx({ classes: 3 })],
])('takes %s', async (_, bytes) => {
  const [exported, labels] = await withSegmenter(bytes, async (segmenter) => {
    const { labelMap } = await segmenter.segment(picture, { size });
    return [exportOnnx(segmenter, size), labelMap] as const;
  });
  await withSegmenter(exported, async (segmenter) => {
    expect(segmenter.inputSize).toEqual(size);
    expect(segmenter.classes.source).toBe('numbers');
    expect((await segmenter.segment(picture)).labelMap).toEqual(labels);
  });
});
