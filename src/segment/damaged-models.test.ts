import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { graphToOnnx } from '../convert/onnx/graph-to-onnx.js';
import { smallDeeplab, smallSide } from '../convert/tflite/small-deeplab.fixture.js';
import { tfliteToGraph } from '../convert/tflite/tflite-to-graph.js';
import { AtrousError } from '../core/errors.js';
import { type Random, seededRandom } from '../core/random.js';
import { zeros } from '../core/tensor.js';
import { writeOnnx } from '../formats/onnx/index.js';
import { writeTflite } from '../formats/tflite/index.js';
import { syntheticModel } from '../formats/tflite/synthetic.fixture.js';
import { costOf } from '../graph/cost.js';
import { peakActivationBytes } from '../graph/memory.js';
import { randomGraph } from '../graph/passes/random-graph.fixture.js';
import { verify } from '../graph/verify.js';
import { nodeRuntime } from '../runtime/node/index.js';
import { readModelFile, segmentationGraphOf } from './model-file.js';

const released = path.resolve(
  process.cwd(),
  '../shared/models/deeplabv3_mnv2_dm05_pascal_quant.tflite',
);
const normalisation = { mean: [127.5, 127.5, 127.5], std: [127.5, 127.5, 127.5] } as const;
const name = 'damaged.model';

const small = {
  float: writeTflite(smallDeeplab('float32')),
  stored: writeTflite(smallDeeplab('uint8')),
};

function onnxOf(numbers: 'float32' | 'uint8'): Uint8Array {
  return writeOnnx(graphToOnnx(tfliteToGraph(smallDeeplab(numbers), name)));
}

/** What came through the whole import: the file that ONNX Runtime would be given, and its cost. */
interface Survivor {
  readonly onnx: Uint8Array;
  readonly bytes: number;
}

interface Outcomes {
  readonly survivors: Survivor[];
  refused: number;
}

/** Reads a file and makes what the segmenter would open, or refuses it in the proper way. */
function importWhole(bytes: Uint8Array): Survivor | undefined {
  try {
    const file = readModelFile(bytes, name);
    const size = file.fixedSize ?? { width: smallSide, height: smallSide };
    const { graph } = segmentationGraphOf(file, normalisation, size);
    verify(graph);
    const onnx = writeOnnx(graphToOnnx(graph));
    return { onnx, bytes: costOf(graph).constantBytes + peakActivationBytes(graph) };
  } catch (error) {
    if (!(error instanceof AtrousError)) throw error;
    // Whoever reads the message must learn which file, in one line; no bug of ours is to blame.
    expect(error.message).toMatch(new RegExp(`^${name}[^\n]*$`));
    expect(error.name).not.toBe('InternalError');
    return undefined;
  }
}

/** Imports damaged copies, one after the other, within bounds of time and memory. */
function outcomesOf(
  sound: Uint8Array,
  rounds: number,
  seed: number,
  damage: (bytes: Uint8Array, random: Random) => Uint8Array,
): Outcomes {
  const random = seededRandom(seed);
  const outcomes: Outcomes = { survivors: [], refused: 0 };
  const before = process.memoryUsage().rss;
  for (let round = 0; round < rounds; round++) {
    const bytes = damage(sound.slice(), random);
    const started = performance.now();
    const survivor = importWhole(bytes);
    expect(performance.now() - started, `round ${round}`).toBeLessThan(2000);
    if (survivor === undefined) outcomes.refused++;
    else outcomes.survivors.push(survivor);
  }
  expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 29);
  return outcomes;
}

/** Flips bits, writes numbers that matter, copies stretches about, or cuts the file short. */
function damaged(bytes: Uint8Array, random: Random): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const words = [0, 1, 2, 3, 0xff, 0x7fff, 0x7fffffff, 0x80000000, 0xffffffff, bytes.length];
  for (let change = random.integer(1, 2); change > 0; change--) {
    const at = random.integer(0, bytes.length - 5);
    switch (random.integer(0, 9)) {
      case 0:
        return bytes.subarray(0, random.integer(0, bytes.length));
      case 1:
        bytes.copyWithin(at, random.integer(0, bytes.length - 1), random.integer(0, bytes.length));
        break;
      case 2:
      case 3:
        view.setUint32(at & ~3, words[random.integer(0, words.length - 1)] ?? 0, true);
        break;
      case 4:
      case 5:
        view.setUint32(at & ~3, random.integer(0, 12), true);
        break;
      default:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << random.integer(0, 7));
    }
  }
  return bytes;
}

/** Opens and runs what survived, in a thread of its own; a crash would end the whole process. */
async function runSurvivors(survivors: readonly Survivor[], most: number): Promise<number> {
  const runtime = nodeRuntime({ worker: true });
  const modest = survivors.filter(({ bytes }) => bytes < 2 ** 26);
  const stride = Math.max(1, Math.floor(modest.length / most));
  let ran = 0;
  for (const { onnx } of modest.filter((_, at) => at % stride === 0).slice(0, most)) {
    try {
      const session = await runtime.open(onnx, { threads: 1 });
      const feeds = session.inputs.map(
        (input) => [input.name, zeros(input.dtype, input.shape.map(Number))] as const,
      );
      try {
        await session.run(Object.fromEntries(feeds));
        ran++;
      } finally {
        await session.dispose();
      }
    } catch (error) {
      expect(error).toBeInstanceOf(AtrousError);
    }
  }
  return ran;
}

describe('a damaged model file is imported or refused by its name, quickly and in little memory', () => {
  it.each([
    ['TFLite, real numbers', small.float, 1],
    ['TFLite, 8-bit numbers', small.stored, 2],
    ['ONNX, real numbers', onnxOf('float32'), 3],
    ['ONNX, 8-bit numbers', onnxOf('uint8'), 4],
  ] as const)('%s', async (_title, sound, seed) => {
    expect(importWhole(sound)).toBeDefined();
    const { survivors, refused } = outcomesOf(sound, 400, seed, damaged);
    expect(refused).toBeGreaterThan(90);
    expect(survivors.length).toBeGreaterThan(20);
    expect(await runSurvivors(survivors, 8)).toBeGreaterThan(0);
  });

  it('a file of every operator, wired at random', () => {
    for (let seed = 0; seed < 15; seed++) {
      const { subgraphs, ...rest } = syntheticModel(seed);
      const random = seededRandom(seed);
      const operators = subgraphs[0]?.operators ?? [];
      const [main] = subgraphs;
      if (main === undefined) throw new TypeError('no subgraph');
      // One operator at a time, so that each is reached.
      for (const operator of operators) {
        const outputs = operator.outputs;
        const file = { ...rest, subgraphs: [{ ...main, operators: [operator], outputs }] };
        importWhole(writeTflite(file));
      }
      importWhole(
        writeTflite({ ...rest, subgraphs: [{ ...main, outputs: [random.integer(1, 9)] }] }),
      );
    }
  });

  it('networks of other programs with their shapes changed', () => {
    for (let seed = 0; seed < 12; seed++) {
      const bytes = writeOnnx(graphToOnnx(randomGraph(seededRandom(seed))));
      outcomesOf(bytes, 30, seed, damaged);
    }
  });

  it.skipIf(!existsSync(released))('a released 8-bit model', () => {
    const sound = new Uint8Array(readFileSync(released));
    // The tables, not the weights, lie at the ends.
    const atEnds = (bytes: Uint8Array, random: Random): Uint8Array => {
      const span = 24_000;
      const start = random.integer(0, 1) === 0 ? 0 : bytes.length - span;
      damaged(bytes.subarray(start, start + span), random);
      return bytes;
    };
    const { refused, survivors } = outcomesOf(sound, 8, 5, atEnds);
    expect(refused + survivors.length).toBe(8);
    expect(survivors.length).toBeGreaterThan(0);
  });
});
