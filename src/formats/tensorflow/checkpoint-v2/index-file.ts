import { FormatError, UnsupportedError } from '../../../core/errors.js';
import { elementCount, formatShape, type Shape } from '../../../core/tensor.js';
import { decodeMessage, type MessageBudget } from '../../protobuf/decode.js';
import { quotedName } from '../../quoted-name.js';
import {
  bundleEntryMessage,
  bundleHeaderMessage,
  dataTypeNames,
  dimensionMessage,
  tensorShapeMessage,
} from './schema.js';
import { readTable } from './table-file.js';

/** Where one variable of a checkpoint lies. */
export interface CheckpointEntry {
  readonly name: string;
  /** Element type as `tf.DType.name` spells it; not every type can be read as a tensor. */
  readonly dtype: string;
  readonly shape: Shape;
  /** Number of the data file, from 0. */
  readonly shard: number;
  /** The bytes of the data file that it takes. */
  readonly offset: number;
  readonly size: number;
  /** Masked CRC-32C of those bytes. */
  readonly maskedCrc32c: number;
  /** Whether the variable is stored in parts under other names. */
  readonly sliced: boolean;
}

/** What the `.index` file of a checkpoint tells. */
export interface CheckpointIndex {
  readonly shardCount: number;
  /** The variables by name, sorted by name. */
  readonly entries: ReadonlyMap<string, CheckpointEntry>;
}

const maximumShards = 100_000;
const maximumRank = 64;
// Parts within one entry: its shape's axes and its slices.
const maximumParts = 4096;

/** Name of a data file: `model.ckpt-30000` gives `model.ckpt-30000.data-00000-of-00001`. */
export function checkpointShardName(prefix: string, shard: number, shardCount: number): string {
  const digits = (value: number): string => value.toString().padStart(5, '0');
  return `${prefix}.data-${digits(shard)}-of-${digits(shardCount)}`;
}

/**
 * Reads the `.index` file of a TensorFlow checkpoint in the V2 format (tensor_bundle).
 *
 * @throws FormatError where the bytes are not such an index, UnsupportedError for a checkpoint from
 * a big-endian machine.
 */
export function readCheckpointIndex(bytes: Uint8Array, place: string): CheckpointIndex {
  const [first, ...rest] = readTable(bytes, place);
  if (first === undefined || first.key.length > 0) {
    throw new FormatError({
      place,
      problem: 'the index lacks its header',
      fix: 'name the .index file of a checkpoint in the V2 format',
    });
  }
  const shardCount = readShardCount(first.value, place);
  const entries = new Map<string, CheckpointEntry>();
  for (const { key, value } of rest) {
    // The data of a slice has no name of its own; its variable's entry says that there are slices.
    if (key[0] === 0) continue;
    const name = new TextDecoder('utf-8', { ignoreBOM: true }).decode(key);
    if (entries.has(name)) {
      throw new FormatError({ place, problem: `the index holds ${quotedName(name)} twice` });
    }
    entries.set(name, readEntry(name, value, shardCount, place));
  }
  return { shardCount, entries };
}

function readShardCount(bytes: Uint8Array, place: string): number {
  const budget: MessageBudget = { left: maximumParts };
  const header = decodeMessage(bundleHeaderMessage, bytes, place, budget);
  if ((header.endianness ?? 0) !== 0) {
    throw new UnsupportedError({
      place,
      problem: 'the checkpoint comes from a big-endian machine',
      fix: 'save it again on a little-endian one',
    });
  }
  const count = header.shardCount ?? 0;
  if (count < 1 || count > maximumShards) {
    throw new FormatError({
      place,
      problem: 'the number of data files makes no sense',
      expected: `1 to ${maximumShards}`,
      found: `${count}`,
    });
  }
  return count;
}

function readEntry(
  name: string,
  bytes: Uint8Array,
  shardCount: number,
  file: string,
): CheckpointEntry {
  const place = `${file}, variable ${quotedName(name)}`;
  const budget: MessageBudget = { left: maximumParts };
  const fields = decodeMessage(bundleEntryMessage, bytes, place, budget);
  const shape = readShape(fields.shape, place, budget);
  const shard = fields.shard ?? 0;
  const offset = Number(fields.offset ?? 0n);
  const size = Number(fields.size ?? 0n);
  if (
    !(shard >= 0 && shard < shardCount) ||
    !(offset >= 0 && size >= 0 && Number.isSafeInteger(offset + size))
  ) {
    throw new FormatError({
      place,
      problem: 'the position of its data makes no sense',
      expected: `a part of one of ${shardCount} data files`,
      found: `file ${shard}, bytes ${offset} to ${offset + size}`,
    });
  }
  const number = fields.dataType ?? 0;
  return {
    name,
    dtype: dataTypeNames[number] ?? `number ${number}`,
    shape,
    shard,
    offset,
    size,
    maskedCrc32c: fields.maskedCrc32c ?? 0,
    sliced: fields.slices.length > 0,
  };
}

function readShape(bytes: Uint8Array | undefined, place: string, budget: MessageBudget): Shape {
  if (bytes === undefined) return [];
  const { dims } = decodeMessage(tensorShapeMessage, bytes, place, budget);
  const shape = dims
    .slice(0, maximumRank + 1)
    .map((part) => Number(decodeMessage(dimensionMessage, part, place, budget).size ?? 0n));
  if (
    shape.length > maximumRank ||
    shape.some((size) => size < 0) ||
    !Number.isSafeInteger(elementCount(shape))
  ) {
    throw new FormatError({
      place,
      problem: 'the shape makes no sense',
      expected: `at most ${maximumRank} sizes of 0 or more`,
      found: formatShape(shape),
    });
  }
  return shape;
}
