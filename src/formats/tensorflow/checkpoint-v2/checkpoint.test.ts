import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { describe, expect, it } from 'vitest';
import { FormatError, UnsupportedError } from '../../../core/errors.js';
import { seededRandom } from '../../../core/random.js';
import { float32, int64 } from '../../../core/tensor.js';
import { damagedCopy } from '../../damaged-bytes.fixture.js';
import { bytesAccess } from '../../random-access.js';
import { crc32c, maskCrc32c } from '../crc32c.js';
import { checkpointShardName, readCheckpointIndex, readCheckpointVariable } from './index.js';
import { type TableLayout, tableOf } from './table.fixture.js';

interface Variable {
  readonly name: string;
  readonly dataType: number;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
  readonly slices?: number;
}

const utf8 = new TextEncoder();
const layout: TableLayout = { entriesPerBlock: 3, restartInterval: 2, snappy: false };
const header = new BinaryWriter().tag(1, WireType.Varint).int32(1).finish();

const bytesOf = (array: ArrayBufferView): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** The index and the data of a checkpoint with variables given in the order of their names. */
function checkpointOf(variables: readonly Variable[], chosen = layout, head = header) {
  let offset = 0;
  const entries = variables.map(({ name, dataType, shape, bytes, slices }) => {
    const writer = new BinaryWriter().tag(1, WireType.Varint).int32(dataType);
    writer.tag(2, WireType.LengthDelimited).fork();
    for (const size of shape) {
      writer.tag(2, WireType.LengthDelimited).fork().tag(1, WireType.Varint).int64(size).join();
    }
    writer.join().tag(4, WireType.Varint).int64(offset);
    writer.tag(5, WireType.Varint).int64(bytes.length);
    writer.tag(6, WireType.Bit32).fixed32(maskCrc32c(crc32c(bytes)));
    for (let slice = slices ?? 0; slice > 0; slice--) {
      writer.tag(7, WireType.LengthDelimited).bytes(new Uint8Array(0));
    }
    offset += bytes.length;
    return [utf8.encode(name), writer.finish()] as const;
  });
  return {
    index: tableOf([[new Uint8Array(0), head], ...entries], chosen),
    data: Uint8Array.from(variables.flatMap(({ bytes }) => [...bytes])),
  };
}

const variables: readonly Variable[] = [
  { name: 'a/biases', dataType: 1, shape: [3], bytes: bytesOf(Float32Array.of(1, 2, 3)) },
  { name: 'a/weights', dataType: 1, shape: [2, 2], bytes: bytesOf(Float32Array.of(4, 5, 6, 7)) },
  { name: 'a/weights/Momentum', dataType: 1, shape: [0, 2], bytes: new Uint8Array(0) },
  { name: 'flag', dataType: 10, shape: [], bytes: Uint8Array.of(1) },
  { name: 'half', dataType: 14, shape: [2], bytes: Uint8Array.of(0x80, 0x3f, 0x20, 0xc0) },
  { name: 'step', dataType: 9, shape: [], bytes: bytesOf(BigInt64Array.of(30000n)) },
  { name: 'texts', dataType: 7, shape: [1], bytes: Uint8Array.of(1, 65) },
];

async function readVariable(index: Uint8Array, data: Uint8Array, name: string, widen = false) {
  const entry = readCheckpointIndex(index, 'c.index').entries.get(name);
  if (entry === undefined) throw new Error(`${name} is missing`);
  return readCheckpointVariable(entry, bytesAccess(data), 'c.data', { widenBfloat16: widen });
}

describe('TensorFlow checkpoints', () => {
  it.each<TableLayout>([
    layout,
    { entriesPerBlock: 100, restartInterval: 16, snappy: false },
    { entriesPerBlock: 1, restartInterval: 1, snappy: true },
    { entriesPerBlock: 4, restartInterval: 16, snappy: true },
  ])('are read in the layout %o', async (chosen) => {
    const { index, data } = checkpointOf(variables, chosen);
    const read = readCheckpointIndex(index, 'c.index');
    expect(read.shardCount).toBe(1);
    expect([...read.entries.keys()]).toEqual(variables.map(({ name }) => name));
    expect(read.entries.get('a/weights')).toMatchObject({
      dtype: 'float32',
      shape: [2, 2],
      shard: 0,
      offset: 12,
      size: 16,
      sliced: false,
    });
    expect(await readVariable(index, data, 'a/weights')).toEqual(float32([2, 2], [4, 5, 6, 7]));
    expect(await readVariable(index, data, 'a/weights/Momentum')).toEqual(float32([0, 2], []));
    expect(await readVariable(index, data, 'step')).toEqual(int64([30000], []));
    expect(await readVariable(index, data, 'half', true)).toEqual(float32([2], [1, -2.5]));
  });

  it('name their data files', () => {
    expect(checkpointShardName('model.ckpt-30000', 0, 1)).toBe(
      'model.ckpt-30000.data-00000-of-00001',
    );
  });

  const folder = path.resolve(process.cwd(), '../shared/checkpoints/tf-v2-mnist');
  it.skipIf(!existsSync(folder))('are read from a real file, checksums included', async () => {
    const prefix = path.join(folder, 'model.ckpt-30000');
    const { entries, shardCount } = readCheckpointIndex(await readFile(`${prefix}.index`), 'index');
    const shard = bytesAccess(await readFile(checkpointShardName(prefix, 0, shardCount)));
    const shapes: Record<string, readonly number[]> = {};
    for (const entry of entries.values()) {
      shapes[entry.name] = (await readCheckpointVariable(entry, shard, 'data')).shape;
    }
    expect(shapes).toEqual({
      Variable: [],
      'conv1/biases': [32],
      'conv1/weights': [5, 5, 1, 32],
      'conv3/biases': [64],
      'conv3/weights': [5, 5, 32, 64],
      'fc1/biases': [64],
      'fc1/weights': [3136, 64],
      'fc2/biases': [10],
      'fc2/weights': [64, 10],
    });
    const step = entries.get('Variable');
    if (step === undefined) throw new Error('the step is missing');
    expect((await readCheckpointVariable(step, shard, 'data')).data).toEqual(Int32Array.of(30000));
  });
});

describe('a checkpoint that cannot be read', () => {
  const { index, data } = checkpointOf(variables);

  it('is refused variable by variable', async () => {
    const cases: readonly (readonly [
      string,
      Uint8Array,
      typeof FormatError | typeof UnsupportedError,
      RegExp,
    ])[] = [
      ['texts', data, UnsupportedError, /^c.data, variable "texts": .*type string are not/],
      ['half', data, UnsupportedError, /widenBfloat16: true$/],
      ['a/weights', data.subarray(0, 20), FormatError, /beyond the end .*at least 28 .*found 20/],
      ['a/weights', data.slice().fill(9, 20, 21), FormatError, /checksum of the data does not/],
    ];
    for (const [name, bytes, error, message] of cases) {
      await expect(readVariable(index, bytes, name)).rejects.toThrow(error);
      await expect(readVariable(index, bytes, name)).rejects.toThrow(message);
    }
    const sliced = checkpointOf([{ ...variables[0], name: 's', slices: 2 } as Variable]);
    await expect(readVariable(sliced.index, sliced.data, 's')).rejects.toThrow(/in slices/);
    const short = checkpointOf([{ ...variables[0], name: 's', shape: [4] } as Variable]);
    await expect(readVariable(short.index, short.data, 's')).rejects.toThrow(
      /float32\[4\] \(expected 16 bytes, found 12\)/,
    );
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['the data file instead', data, /^f: this is not the index of a TensorFlow checkpoint/],
    ['a cut-off index', index.subarray(0, -1), /not the index .*cut off/],
    ['a changed byte', index.slice().fill(7, 30, 31), /^f: the checksum of the block at byte 0 /],
    [
      'an index without a header',
      tableOf([[utf8.encode('a'), header]], layout),
      /lacks its header/,
    ],
    ['no entries at all', tableOf([], layout), /lacks its header/],
    [
      'a repeated name',
      checkpointOf([variables[3], variables[3]].filter((one) => one !== undefined)).index,
      /holds "flag" twice/,
    ],
    ['no data files', checkpointOf([], layout, new Uint8Array(0)).index, /1 to 100000, found 0/],
    [
      'a negative size',
      checkpointOf([{ name: 'n', dataType: 1, shape: [-1], bytes: new Uint8Array(0) }]).index,
      /^f, variable "n": the shape makes no sense .*\[-1\]/,
    ],
    ['a big-endian machine', checkpointOf([], layout, Uint8Array.of(8, 1, 16, 1)).index, /big-end/],
  ])('is refused as a whole: %s', (_, bytes, message) => {
    expect(() => readCheckpointIndex(bytes, 'f')).toThrow(message);
  });

  it('is refused where a small file stands for very much', () => {
    const names = Array.from({ length: 3000 }, (_, at) => 'x'.repeat(30_000 + at));
    const entries = names.map((name) => [utf8.encode(name), new Uint8Array(0)] as const);
    const bytes = tableOf(entries, { entriesPerBlock: 3000, restartInterval: 3000, snappy: false });
    expect(bytes.length).toBeLessThan(100_000);
    expect(() => readCheckpointIndex(bytes, 'f')).toThrow(/entries are too many/);
  });

  it('is read or refused, whatever bytes change', () => {
    const random = seededRandom(5);
    const packed = checkpointOf(variables, { ...layout, snappy: true }).index;
    let refused = 0;
    for (let trial = 0; trial < 3000; trial++) {
      // Every second one with an entry that is damaged and checksums that hold.
      const value = damagedCopy(Uint8Array.of(8, 1, 18, 4, 18, 2, 8, 3, 32, 12, 40, 12), random);
      const bytes =
        trial % 2 === 0
          ? damagedCopy(trial % 4 === 0 ? packed : index, random)
          : tableOf(
              [
                [new Uint8Array(0), header],
                [utf8.encode('v'), value],
              ],
              layout,
            );
      try {
        readCheckpointIndex(bytes, 'f');
      } catch (error) {
        if (!(error instanceof FormatError || error instanceof UnsupportedError)) throw error;
        expect(error.message).toMatch(/^f[^\n]*$/);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(1500);
  });
});
