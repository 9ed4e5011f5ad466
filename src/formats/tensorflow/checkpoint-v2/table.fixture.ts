import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { crc32c, maskCrc32c } from '../crc32c.js';

/** How a table is laid out; every choice makes a sound table of the same entries. */
export interface TableLayout {
  readonly entriesPerBlock: number;
  readonly restartInterval: number;
  readonly snappy: boolean;
}

type Entry = readonly [key: Uint8Array, value: Uint8Array];

/** A table in LevelDB's format, as leveldb's doc/table_format.md describes it. */
export function tableOf(entries: readonly Entry[], layout: TableLayout): Uint8Array {
  const parts: Uint8Array[] = [];
  let length = 0;
  const append = (block: Uint8Array): Uint8Array => {
    const content = layout.snappy ? packSnappy(block) : block;
    const whole = new Uint8Array(content.length + 5);
    whole.set(content);
    whole[content.length] = layout.snappy ? 1 : 0;
    const checksum = maskCrc32c(crc32c(whole.subarray(0, content.length + 1)));
    new DataView(whole.buffer).setUint32(content.length + 1, checksum, true);
    const handle = new BinaryWriter().uint64(length).uint64(content.length).finish();
    parts.push(whole);
    length += whole.length;
    return handle;
  };
  const index: Entry[] = [];
  for (let start = 0; start < entries.length; start += layout.entriesPerBlock) {
    const group = entries.slice(start, start + layout.entriesPerBlock);
    index.push([group.at(-1)?.[0] ?? new Uint8Array(0), append(blockOf(group, layout))]);
  }
  const metaindex = append(blockOf([], layout));
  const handles = [...metaindex, ...append(blockOf(index, { ...layout, restartInterval: 1 }))];
  const footer = new Uint8Array(48);
  footer.set(handles);
  new DataView(footer.buffer).setBigUint64(40, 0xdb4775248b80fb57n, true);
  return joined([...parts, footer]);
}

function blockOf(entries: readonly Entry[], { restartInterval }: TableLayout): Uint8Array {
  const parts: Uint8Array[] = [];
  const restarts: number[] = [];
  let length = 0;
  let before: Uint8Array = new Uint8Array(0);
  for (const [at, [key, value]] of entries.entries()) {
    let shared = 0;
    if (at % restartInterval === 0) restarts.push(length);
    else while (shared < key.length && key[shared] === before[shared]) shared++;
    const lengths = new BinaryWriter()
      .uint32(shared)
      .uint32(key.length - shared)
      .uint32(value.length)
      .finish();
    const entry = joined([lengths, key.subarray(shared), value]);
    parts.push(entry);
    length += entry.length;
    before = key;
  }
  if (restarts.length === 0) restarts.push(0);
  return joined([...parts, new Uint8Array(Uint32Array.of(...restarts, restarts.length).buffer)]);
}

/** Packs greedily, looking for the longest repetition at every byte; for small inputs. */
export function packSnappy(bytes: Uint8Array): Uint8Array {
  const out: number[] = [...new BinaryWriter().uint32(bytes.length).finish()];
  let literal: number[] = [];
  const flush = (): void => {
    for (; literal.length > 0; literal = literal.slice(256)) {
      const run = literal.slice(0, 256);
      if (run.length <= 60) out.push((run.length - 1) << 2, ...run);
      else out.push(60 << 2, run.length - 1, ...run);
    }
  };
  for (let at = 0; at < bytes.length; ) {
    const { distance, length } = longestRepetition(bytes, at);
    if (length < 4) {
      literal.push(bytes[at++] ?? 0);
      continue;
    }
    flush();
    if (length <= 11 && distance < 2048) {
      out.push(((distance >> 8) << 5) | ((length - 4) << 2) | 1, distance & 255);
    } else if (at % 2 === 0) {
      out.push(((length - 1) << 2) | 2, distance & 255, distance >> 8);
    } else out.push(((length - 1) << 2) | 3, distance & 255, distance >> 8, 0, 0);
    at += length;
  }
  flush();
  return Uint8Array.from(out);
}

function longestRepetition(bytes: Uint8Array, at: number): { distance: number; length: number } {
  let best = { distance: 0, length: 0 };
  for (let distance = 1; distance <= at; distance++) {
    let length = 0;
    while (length < 64 && at + length < bytes.length) {
      if (bytes[at + length] !== bytes[at + length - distance]) break;
      length++;
    }
    if (length > best.length) best = { distance, length };
  }
  return best;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
