import { bytesPerElement } from '../../core/dtype.js';
import { FormatError, messageOf, UnsupportedError } from '../../core/errors.js';
import { elementCount, formatShape, type Shape } from '../../core/tensor.js';
import { quotedName } from '../quoted-name.js';
import { otherTypeNames, type StoredType, storedTypes } from './element-types.js';
import { repeatedKey } from './repeated-key.js';

/** Where a tensor lies in the file. */
export interface TensorEntry {
  readonly name: string;
  readonly type: StoredType;
  readonly shape: Shape;
  /** First byte and the one after the last, counted from the start of the file. */
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  /** The tensors in the order in which their data lies in the file. */
  readonly entries: readonly TensorEntry[];
  readonly metadata: ReadonlyMap<string, string>;
}

/** Bytes before the header: its length as a 64-bit integer. */
export const preludeLength = 8;

/**
 * The longest header that is read or written, some hundred thousand tensors. The format's own
 * library allows 100 MB, of which a hostile file could make gigabytes of parsed JSON.
 */
export const maximumHeaderLength = 2 ** 24;

/** The name in the header that holds the metadata and no tensor. */
export const metadataKey = '__metadata__';

const maximumRank = 64;
const copyAgain = 'copy or download the file again';

/**
 * Reads the header of a safetensors file and checks it against the file's length: every tensor's
 * data fits its type and shape, lies inside the file and follows on the one before without overlap
 * or gap (github.com/huggingface/safetensors, "Format").
 *
 * @throws FormatError, or UnsupportedError for element types that no tensor holds.
 */
export function readHeader(bytes: Uint8Array, place: string): SafetensorsHeader {
  const { json, dataStart } = headerText(bytes, place);
  const parsed = parseHeader(json, place);
  const entries: TensorEntry[] = [];
  let metadata: ReadonlyMap<string, string> = new Map();
  for (const [name, value] of Object.entries(parsed)) {
    if (name === metadataKey) metadata = readMetadata(value, place);
    else entries.push(readEntry(name, value, dataStart, bytes.length, place));
  }
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkCoverage(entries, dataStart, bytes.length, place);
  return { entries, metadata };
}

function headerText(bytes: Uint8Array, place: string): { json: string; dataStart: number } {
  if (bytes.length < preludeLength) {
    throw new FormatError({
      place,
      problem: 'the file is too short for a safetensors file',
      expected: `at least ${preludeLength} bytes`,
      found: `${bytes.length}`,
      fix: copyAgain,
    });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getBigUint64(0, true);
  if (length === 0n || (bytes.length > preludeLength && bytes[preludeLength] !== 0x7b)) {
    throw new FormatError({
      place,
      problem: 'this is not a safetensors file',
      expected: 'a header that begins with "{" after 8 bytes of length',
      fix: 'name a .safetensors file',
    });
  }
  if (length > maximumHeaderLength) {
    throw new FormatError({
      place,
      problem: 'the header is too large',
      expected: `at most ${maximumHeaderLength} bytes`,
      found: `${length}`,
      fix: copyAgain,
    });
  }
  const dataStart = preludeLength + Number(length);
  if (dataStart > bytes.length) {
    throw new FormatError({
      place,
      problem: 'the file is cut off inside its header',
      expected: `at least ${dataStart} bytes`,
      found: `${bytes.length}`,
      fix: copyAgain,
    });
  }
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    return { json: decoder.decode(bytes.subarray(preludeLength, dataStart)), dataStart };
  } catch (cause) {
    throw new FormatError({ place, problem: 'the header is not UTF-8', fix: copyAgain, cause });
  }
}

function parseHeader(json: string, place: string): Readonly<Record<string, unknown>> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch (cause) {
    throw new FormatError({
      place,
      problem: `the header is not JSON: ${messageOf(cause)}`,
      fix: copyAgain,
      cause,
    });
  }
  // The header and the objects in it; nothing deeper is used.
  const repeated = repeatedKey(json, 2);
  if (repeated !== undefined) {
    throw new FormatError({
      place,
      problem: `the header holds ${quotedName(repeated)} twice`,
      expected: 'names that differ',
    });
  }
  // The text begins with a brace, so that it cannot be anything but an object.
  return parsed as Readonly<Record<string, unknown>>;
}

function readMetadata(value: unknown, place: string): ReadonlyMap<string, string> {
  const metadata = new Map<string, string>();
  if (!isObject(value)) throw wrongField(place, metadataKey, 'an object of strings', value);
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') {
      throw wrongField(place, `${metadataKey} entry ${quotedName(key)}`, 'a string', text);
    }
    metadata.set(key, text);
  }
  return metadata;
}

function readEntry(
  name: string,
  value: unknown,
  dataStart: number,
  fileLength: number,
  file: string,
): TensorEntry {
  const place = `${file}, tensor ${quotedName(name)}`;
  if (!isObject(value)) throw wrongField(place, 'its entry', 'an object', value);
  const type = readType(value['dtype'], place);
  const shape = readShape(value['shape'], place);
  const offsets = value['data_offsets'];
  if (!isCounts(offsets) || offsets.length !== 2) {
    throw wrongField(place, '"data_offsets"', 'two whole numbers', offsets);
  }
  const [first = 0, last = 0] = offsets;
  const size = elementCount(shape) * (type === 'bfloat16' ? 2 : bytesPerElement(type));
  if (last - first !== size) {
    throw new FormatError({
      place,
      problem: `the data does not fill the shape ${type}${formatShape(shape)}`,
      expected: `${size} bytes`,
      found: `${last - first}`,
      fix: copyAgain,
    });
  }
  const begin = dataStart + first;
  const end = dataStart + last;
  if (end > fileLength) {
    throw new FormatError({
      place,
      problem: 'the data lies beyond the end of the file',
      expected: `at least ${end} bytes`,
      found: `${fileLength}`,
      fix: `${copyAgain}: it may be cut off`,
    });
  }
  return { name, type, shape, begin, end };
}

function readType(name: unknown, place: string): StoredType {
  if (typeof name !== 'string') throw wrongField(place, '"dtype"', 'a string', name);
  const type = storedTypes.get(name);
  if (type !== undefined) return type;
  if (otherTypeNames.has(name)) {
    throw new UnsupportedError({
      place,
      problem: `elements of type ${name} are not supported`,
      expected: [...storedTypes.keys()].join(', '),
      fix: 'save the tensor as F32',
    });
  }
  throw new FormatError({
    place,
    problem: 'unknown element type',
    expected: [...storedTypes.keys()].join(', '),
    found: quotedName(name),
  });
}

function readShape(shape: unknown, place: string): Shape {
  if (!isCounts(shape)) throw wrongField(place, '"shape"', 'whole numbers of 0 or more', shape);
  if (shape.length > maximumRank) {
    throw wrongField(place, '"shape"', `at most ${maximumRank} axes`, shape);
  }
  return shape;
}

function checkCoverage(
  entries: readonly TensorEntry[],
  dataStart: number,
  fileLength: number,
  place: string,
): void {
  let covered = dataStart;
  let before = 'the header';
  for (const { name, begin, end } of entries) {
    if (begin !== covered) {
      throw new FormatError({
        place: `${place}, tensor ${quotedName(name)}`,
        problem: `the data ${begin < covered ? 'overlaps that of' : 'leaves a gap after'} ${before}`,
        expected: `a start at byte ${covered}`,
        found: `${begin}`,
      });
    }
    covered = end;
    before = quotedName(name);
  }
  if (covered !== fileLength) {
    throw new FormatError({
      place,
      problem: 'bytes after the last tensor belong to none',
      expected: `a file of ${covered} bytes`,
      found: `${fileLength}`,
      fix: copyAgain,
    });
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

function wrongField(place: string, field: string, expected: string, found: unknown): FormatError {
  return new FormatError({
    place,
    problem: `${field} makes no sense`,
    expected,
    found: describeValue(found),
  });
}

/** A JSON value for a message; only its surface, since it may be long or nested without end. */
function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return quotedName(value);
  if (isObject(value)) return 'an object';
  if (!Array.isArray(value)) return String(value);
  if (value.length > 8) return `a list of ${value.length}`;
  const items: readonly unknown[] = value;
  return `[${items.map((item) => (typeof item === 'number' ? item : '…')).join(', ')}]`;
}
