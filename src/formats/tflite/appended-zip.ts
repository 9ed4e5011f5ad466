import { Inflate, zipSync } from 'fflate';
import { FormatError, messageOf } from '../../core/errors.js';

/** Most bytes that all files of an appended archive may unpack to. */
const unpackedLimit = 16 * 2 ** 20;

/** How much is inflated at a time; deflate grows it at most 1032 times. */
const inflateStep = 1024;

const endSize = 22;
const endMark = 0x06054b50;
const directoryMark = 0x02014b50;
const localMark = 0x04034b50;

/** Files of a zip archive, unpacked when asked for. */
export interface AppendedZip {
  readonly names: readonly string[];
  /** The unpacked bytes; undefined where there is no such file. */
  read(name: string): Uint8Array | undefined;
}

interface Entry {
  readonly name: string;
  readonly encrypted: boolean;
  readonly method: number;
  readonly packed: number;
  readonly unpacked: number;
  /** Place of the local header in the whole file. */
  readonly position: number;
}

/**
 * The zip archive at the end of a model file; undefined where there is none.
 *
 * The archive's offsets may count from the start of the file or from that of the archive: the
 * directory's own place tells which.
 *
 * @throws FormatError for a damaged archive and for one that unpacks to more than 16 MiB.
 */
export function findAppendedZip(bytes: Uint8Array, place: string): AppendedZip | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = findEnd(view);
  if (end === undefined) return undefined;
  const directoryStart = end - view.getUint32(end + 12, true);
  const archiveStart = directoryStart - view.getUint32(end + 16, true);
  if (archiveStart < 0) throw damaged(place, 'its directory lies outside the file');
  const count = view.getUint16(end + 10, true);
  const entries = readDirectory(view, { directoryStart, archiveStart, end, count }, place);
  const total = entries.reduce((sum, entry) => sum + entry.unpacked, 0);
  if (total > unpackedLimit) {
    throw new FormatError({
      place,
      problem: 'the files packed with the model are too large',
      expected: `at most ${unpackedLimit} bytes`,
      found: `${total}`,
      fix: 'pack only label files with a segmentation model',
    });
  }
  return {
    names: entries.map((entry) => entry.name),
    read: (name) => {
      const entry = entries.find((candidate) => candidate.name === name);
      return entry && unpack(view, entry, `${place}: packed file '${name}'`);
    },
  };
}

/** The model followed by an archive of the named files, with offsets from the archive's start. */
export function appendZip(
  bytes: Uint8Array,
  files: Readonly<Record<string, Uint8Array>>,
): Uint8Array {
  // A fixed date, so that equal content gives equal bytes.
  const archive = zipSync({ ...files }, { mtime: new Date(1980, 0, 1) });
  const joined = new Uint8Array(bytes.length + archive.length);
  joined.set(bytes);
  joined.set(archive, bytes.length);
  return joined;
}

/** Position of the end-of-directory record, whose comment must reach to the end of the file. */
function findEnd(view: DataView): number | undefined {
  const first = Math.max(0, view.byteLength - endSize - 0xffff);
  for (let at = view.byteLength - endSize; at >= first; at--) {
    if (view.getUint32(at, true) !== endMark) continue;
    if (at + endSize + view.getUint16(at + 20, true) === view.byteLength) return at;
  }
  return undefined;
}

function readDirectory(
  view: DataView,
  directory: { directoryStart: number; archiveStart: number; end: number; count: number },
  place: string,
): readonly Entry[] {
  const entries: Entry[] = [];
  let at = directory.directoryStart;
  for (let i = 0; i < directory.count; i++) {
    if (at + 46 > directory.end || view.getUint32(at, true) !== directoryMark) {
      throw damaged(place, `entry ${i} of its directory is broken`);
    }
    const nameLength = view.getUint16(at + 28, true);
    const next =
      at + 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    if (next > directory.end) throw damaged(place, `entry ${i} of its directory is cut short`);
    entries.push({
      name: text(view, at + 46, nameLength),
      encrypted: (view.getUint16(at + 8, true) & 1) === 1,
      method: view.getUint16(at + 10, true),
      packed: view.getUint32(at + 20, true),
      unpacked: view.getUint32(at + 24, true),
      position: directory.archiveStart + view.getUint32(at + 42, true),
    });
    at = next;
  }
  return entries;
}

function unpack(view: DataView, entry: Entry, place: string): Uint8Array {
  const { position, packed, unpacked, method } = entry;
  if (position + 30 > view.byteLength || view.getUint32(position, true) !== localMark) {
    throw damaged(place, 'its header is not where the directory says');
  }
  const start =
    position + 30 + view.getUint16(position + 26, true) + view.getUint16(position + 28, true);
  if (start + packed > view.byteLength) throw damaged(place, 'it is cut short');
  const source = new Uint8Array(view.buffer, view.byteOffset + start, packed);
  if (!entry.encrypted && method === 0 && packed === unpacked) return source;
  if (!entry.encrypted && method === 8) return inflate(source, unpacked, place);
  throw new FormatError({
    place,
    problem: 'is packed in a way that is not understood',
    expected: 'stored or deflated, not encrypted',
    found: entry.encrypted ? 'an encrypted file' : `method ${method}`,
    fix: 'pack the file again with an ordinary zip tool',
  });
}

/** Unpacks in steps, so that a file that unpacks to more than it declares is stopped early. */
function inflate(source: Uint8Array, size: number, place: string): Uint8Array {
  const result = new Uint8Array(size);
  let filled = 0;
  const inflater = new Inflate((chunk) => {
    if (filled + chunk.length > size) throw damaged(place, 'it is larger than it declares');
    result.set(chunk, filled);
    filled += chunk.length;
  });
  try {
    for (let at = 0; at < source.length; at += inflateStep) {
      const last = at + inflateStep >= source.length;
      inflater.push(source.slice(at, at + inflateStep), last);
    }
  } catch (cause) {
    if (cause instanceof FormatError) throw cause;
    throw damaged(place, messageOf(cause), cause);
  }
  if (filled !== size) throw damaged(place, 'it is smaller than it declares');
  return result;
}

function text(view: DataView, position: number, length: number): string {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + position, length);
  return new TextDecoder().decode(bytes.slice());
}

function damaged(place: string, how: string, cause?: unknown): FormatError {
  return new FormatError({
    place,
    problem: `the zip archive packed with the model is damaged: ${how}`,
    fix: 'fetch the file again, or pack its labels anew',
    cause,
  });
}
