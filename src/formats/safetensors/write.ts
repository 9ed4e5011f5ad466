import type { DType } from '../../core/dtype.js';
import { OutputError } from '../../core/errors.js';
import { elementCount, formatShape, type Tensor } from '../../core/tensor.js';
import { quotedName } from '../quoted-name.js';
import { elementTypeNames } from './element-types.js';
import { maximumHeaderLength, metadataKey, preludeLength } from './header.js';
import type { Safetensors } from './read.js';

const typeOrder = Object.keys(elementTypeNames) as readonly DType[];

/** The header is padded to this many bytes, so that every tensor is aligned for its type. */
const alignment = 8;

/**
 * Writes tensors as the bytes of a safetensors file.
 *
 * Equal tensors and metadata give equal bytes, in whatever order they come, and the same bytes as
 * the format's own library: tensors sorted by type, widest first, then by name.
 *
 * @throws OutputError where a tensor does not fill its shape or a name cannot be written.
 */
export function writeSafetensors(content: Safetensors): Uint8Array {
  const parts = safetensorsParts(content);
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/**
 * The same bytes as {@link writeSafetensors} in parts, header first, to be written one after the
 * other: the others are views of the tensors' own memory, so that nothing is copied.
 *
 * @throws OutputError as writeSafetensors does.
 */
export function safetensorsParts({ tensors, metadata }: Safetensors): readonly Uint8Array[] {
  const sorted = [...tensors].sort(
    ([nameA, a], [nameB, b]) =>
      typeOrder.indexOf(a.dtype) - typeOrder.indexOf(b.dtype) || compareNames(nameA, nameB),
  );
  const fields: string[] = [];
  if (metadata.size > 0) fields.push(`"${metadataKey}":{${metadataFields(metadata).join()}}`);
  let offset = 0;
  for (const [name, tensor] of sorted) {
    checkTensor(name, tensor);
    const end = offset + tensor.data.byteLength;
    fields.push(
      `${jsonText(name)}:{"dtype":"${elementTypeNames[tensor.dtype]}",` +
        `"shape":[${tensor.shape.join()}],"data_offsets":[${offset},${end}]}`,
    );
    offset = end;
  }
  return [
    encodeHeader(`{${fields.join()}}`),
    ...sorted.map(([, { data }]) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  ];
}

function metadataFields(metadata: ReadonlyMap<string, string>): string[] {
  return [...metadata]
    .sort(([a], [b]) => compareNames(a, b))
    .map(([key, value]) => `${jsonText(key)}:${jsonText(value)}`);
}

function encodeHeader(json: string): Uint8Array {
  const text = new TextEncoder().encode(json);
  const length = Math.ceil(text.length / alignment) * alignment;
  if (length > maximumHeaderLength) {
    throw new OutputError({
      place: 'safetensors file',
      problem: 'names and metadata are too long for the header',
      expected: `at most ${maximumHeaderLength} bytes`,
      found: `${length}`,
      fix: 'keep large metadata in a file of its own',
    });
  }
  const header = new Uint8Array(preludeLength + length).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(text, preludeLength);
  return header;
}

function checkTensor(name: string, { dtype, shape, data }: Tensor): void {
  const place = `safetensors file, tensor ${quotedName(name)}`;
  if (name === metadataKey) {
    throw new OutputError({
      place,
      problem: 'the format keeps this name for the metadata',
      fix: 'give the tensor another name',
    });
  }
  const count = elementCount(shape);
  if (data.length !== count) {
    throw new OutputError({
      place,
      problem: `the data does not fill the shape ${dtype}${formatShape(shape)}`,
      expected: `${count} elements`,
      found: `${data.length}`,
    });
  }
}

function jsonText(text: string): string {
  if (/\p{Surrogate}/u.test(text)) {
    throw new OutputError({
      place: 'safetensors file',
      problem: `the text ${quotedName(text)} is not valid Unicode`,
      fix: 'leave the half of a surrogate pair out',
    });
  }
  return JSON.stringify(text);
}

function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
