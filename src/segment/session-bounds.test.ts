import { describe, expect, it } from 'vitest';
import { seededRandom } from '../core/random.js';
import type { Size } from '../image/index.js';
import { nodeRuntime } from '../runtime/node/index.js';
import type { Runtime } from '../runtime/session.js';
import { brightnessOnnx, greyPicture } from './brightness-model.fixture.js';
import { type ModelFile, readModelFile } from './model-file.js';
import { BaseSegmenter } from './segmenter.js';

/** A segmenter that counts its open sessions and the graphs that it has asked for. */
function counted(cacheBytes: number) {
  const counts = { open: 0, opened: 0, most: 0, graphs: 0, freeing: 0 };
  const inner = nodeRuntime({ worker: false });
  const runtime: Runtime = {
    ...inner,
    open: async (model, options) => {
      counts.opened++;
      if (options?.workingMemory === 'freed') counts.freeing++;
      counts.most = Math.max(counts.most, ++counts.open);
      const session = await inner.open(model, options);
      const dispose = async () => {
        counts.open--;
        await session.dispose();
      };
      return {
        device: session.device,
        inputs: session.inputs,
        outputs: session.outputs,
        run: (...parts) => session.run(...parts),
        profile: () => session.profile(),
        dispose,
      };
    },
  };
  const read = readModelFile(brightnessOnnx({ classes: 2 }), 'open.onnx');
  const file: ModelFile = {
    ...read,
    graph: (size) => {
      counts.graphs++;
      return read.graph(size);
    },
  };
  const decode = () => Promise.reject(new Error('no pictures to decode here'));
  const options = { size: { width: 8, height: 8 }, cacheBytes, threads: 1 };
  return {
    counts,
    segmenter: new BaseSegmenter({ file, sidecar: undefined, runtime }, decode, options),
  };
}

const square = (side: number): Size => ({ width: side, height: side });
const picture = greyPicture(4, 4, () => 255);

describe('a segmenter that is asked for many input sizes', () => {
  it('keeps the sessions that fit its bound and frees the others', async () => {
    const { counts, segmenter } = counted(0);
    for (const side of [8, 9, 10, 11, 8]) {
      const { labelMap } = await segmenter.segment(picture, { size: square(side) });
      expect([...labelMap]).toEqual(new Array(16).fill(1));
    }
    expect(counts).toMatchObject({ opened: 5, most: 1 });
    await segmenter.dispose();
    expect(counts.open).toBe(0);
  });

  it('opens each size once where all fit', async () => {
    const { counts, segmenter } = counted(2 ** 28);
    for (const side of [8, 9, 10, 8, 9, 10]) {
      await segmenter.segment(picture, { size: square(side) });
    }
    expect(counts).toMatchObject({ opened: 3, open: 3, graphs: 3 });
    await segmenter.dispose();
    expect(counts.open).toBe(0);
  });

  it.each([[undefined], [[1, 0.5]], [[0.5, 1.25]]])(
    'opens a session beforehand that pictures at scales %j use',
    async (scales) => {
      const { counts, segmenter } = counted(2 ** 28);
      const views = scales === undefined ? {} : { scales };
      await segmenter.warmUp(views);
      expect(counts.opened).toBe(1);
      await segmenter.segment(picture, views);
      expect(counts.opened).toBe(scales?.length ?? 1);
      await segmenter.dispose();
    },
  );

  it('keeps the working memory of one input size alone, whatever the scales', async () => {
    const { counts, segmenter } = counted(2 ** 28);
    await segmenter.segment(picture, { scales: [0.5, 1, 2, 3] });
    expect(counts).toMatchObject({ opened: 4, open: 4, freeing: 3 });
    await segmenter.dispose();
  });

  it('forgets the graphs of sizes that were long not asked for', async () => {
    const { counts, segmenter } = counted(0);
    const random = seededRandom(5);
    const sides = Array.from({ length: 100 }, (_, k) => 16 + k);
    for (const side of sides) segmenter.describe(square(side));
    const built = counts.graphs;
    segmenter.describe(square(sides.at(-1) ?? 0));
    expect(counts.graphs).toBe(built);
    // Had all 100 been kept, none would be built again.
    for (let round = 0; round < 60; round++) segmenter.describe(square(random.integer(16, 65)));
    expect(counts.graphs).toBeGreaterThan(built + 20);
    await segmenter.dispose();
  });
});
