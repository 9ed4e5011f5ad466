import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Builder } from 'flatbuffers';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../core/errors.js';
import { type Random, seededRandom } from '../../core/random.js';
import { writeTable } from './flatbuffer-write.js';
import { appendTfliteMetadata, readTflite, readTfliteMetadata, writeTflite } from './index.js';
import { modelSchema, subgraphSchema, tensorSchema } from './schema.js';
import { syntheticModel } from './synthetic.fixture.js';

const smallest = path.resolve(
  process.cwd(),
  '../shared/models/deeplabv3_mnv2_dm05_pascal_quant.tflite',
);

describe('a damaged file gives a record or a FormatError', () => {
  it('synthetic model', () => {
    const outcomes = mutate(writeTflite(syntheticModel(5)), 4000, 11, (bytes) =>
      readTflite(bytes, 'damaged'),
    );
    expect(outcomes.refused).toBeGreaterThan(500);
    expect(outcomes.read).toBeGreaterThan(100);
  });

  it('model with metadata and labels', () => {
    const bytes = appendTfliteMetadata(writeTflite({ ...syntheticModel(5), subgraphs: [empty] }), {
      labels: Array.from({ length: 21 }, (_, i) => `class ${i}`),
      normalisation: { mean: [127.5], std: [127.5] },
    });
    const outcomes = mutate(bytes, 4000, 12, (damaged) =>
      readTfliteMetadata(readTflite(damaged, 'damaged'), damaged, 'damaged'),
    );
    expect(outcomes.refused).toBeGreaterThan(500);
    expect(outcomes.read).toBeGreaterThan(100);
  });

  it.skipIf(!existsSync(smallest))('released 8-bit model', () => {
    const bytes = new Uint8Array(readFileSync(smallest));
    const outcomes = mutate(bytes, 2000, 13, (damaged) => readTflite(damaged, 'damaged'));
    expect(outcomes.refused).toBeGreaterThan(100);
    expect(outcomes.read).toBeGreaterThan(100);
  });

  it('every length of a file cut short', () => {
    const bytes = writeTflite({ ...syntheticModel(5), subgraphs: [empty] });
    for (let length = 0; length < bytes.length; length++) {
      outcome(() => readTflite(bytes.subarray(0, length), 'cut'));
    }
    expect(() => readTflite(bytes.subarray(0, 40), 'cut')).toThrow(/damaged or cut short/);
  });

  it('offsets that share one target are not followed without end', () => {
    const builder = new Builder();
    const shape = Array.from({ length: 30_000 }, () => 1);
    const tensor = writeTable(builder, tensorSchema, { shape });
    const tensors = Array.from({ length: 30_000 }, () => tensor);
    const subgraph = writeTable(builder, subgraphSchema, { tensors });
    const subgraphs = Array.from({ length: 30_000 }, () => subgraph);
    builder.finish(writeTable(builder, modelSchema, { version: 3, subgraphs }), 'TFL3');
    const started = performance.now();
    expect(() => readTflite(builder.asUint8Array(), 'bomb')).toThrow(/over and over/);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

const empty = { name: 'main', tensors: [], inputs: [], outputs: [], operators: [] };

/** Runs `read` on damaged copies; anything but a result or a FormatError fails the test. */
function mutate(
  original: Uint8Array,
  rounds: number,
  seed: number,
  read: (bytes: Uint8Array) => unknown,
): { read: number; refused: number } {
  const random = seededRandom(seed);
  const outcomes = { read: 0, refused: 0 };
  const bytes = original.slice();
  for (let round = 0; round < rounds; round++) {
    const length = damage(bytes, random);
    outcomes[outcome(() => read(bytes.subarray(0, length)))]++;
    bytes.set(original);
  }
  return outcomes;
}

function outcome(read: () => unknown): 'read' | 'refused' {
  try {
    read();
    return 'read';
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    return 'refused';
  }
}

/** Damages the bytes in one of four ways, mostly where the tables are; returns what is left. */
function damage(bytes: Uint8Array, random: Random): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // Our files and the converters' have their tables at either end and constants between.
  const span = Math.min(bytes.length, 24_000);
  const near = random.integer(0, span - 5);
  const at = random.integer(0, 1) === 0 ? near : bytes.length - span + near;
  switch (random.integer(0, 3)) {
    case 0:
      view.setUint8(at, view.getUint8(at) ^ (1 << random.integer(0, 7)));
      return bytes.length;
    case 1: {
      const words = [0, 1, 0x7fffffff, 0x80000000, 0xffffffff, bytes.length, at];
      view.setUint32(at & ~3, words[random.integer(0, words.length - 1)] ?? 0, true);
      return bytes.length;
    }
    case 2:
      view.setUint32(at, random.integer(0, 2 * bytes.length), true);
      return bytes.length;
    default:
      return random.integer(8, bytes.length);
  }
}
