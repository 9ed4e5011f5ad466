import { AtrousError, FormatError, messageOf } from '../../core/errors.js';
import { decodeMessage, type MessageBudget } from '../protobuf/decode.js';
import { entryMessage } from './schema.js';

/** Gives the bytes of the file that weights lie in, by its location relative to the model's folder. */
export type ExternalDataResolver = (location: string) => Uint8Array;

/** Reads the parts of other files that a model's tensors point at. */
export interface ExternalData {
  /** The `length` bytes that the entries of `TensorProto.external_data` describe. */
  read(
    entries: readonly Uint8Array[],
    length: number,
    place: string,
    budget: MessageBudget,
  ): Uint8Array;
}

// Tensors may share a part of the file, as tied weights do. What has to be copied is bounded all the
// same: a small model file must not make a large data file's bytes appear thousands of times.
const copiesPerFile = 4;

/** Reader of external data that asks the resolver once for each location. */
export function externalData(resolve: ExternalDataResolver | undefined): ExternalData {
  const files = new Map<string, { readonly bytes: Uint8Array; served: number }>();

  const open = (location: string, place: string) => {
    const opened = files.get(location);
    if (opened !== undefined) return opened;
    const file = { bytes: resolveLocation(resolve, location, place), served: 0 };
    files.set(location, file);
    return file;
  };

  return {
    read(entries, length, place, budget) {
      const values = new Map<string, string>();
      for (const entry of entries) {
        const { key, value } = decodeMessage(entryMessage, entry, place, budget);
        values.set(key ?? '', value ?? '');
      }
      const location = values.get('location') ?? '';
      const file = open(location, place);
      const offset = readCount(values.get('offset') ?? '0', 'offset', place);
      const told = values.get('length');
      const available = told === undefined ? length : readCount(told, 'length', place);
      if (available !== length) {
        throw new FormatError({
          place,
          problem: `the part of "${location}" does not fill the tensor`,
          expected: `${length} bytes`,
          found: `${available}`,
        });
      }
      if (offset + length > file.bytes.length) {
        throw new FormatError({
          place,
          problem: `its data lies beyond the end of "${location}"`,
          expected: `at least ${offset + length} bytes`,
          found: `${file.bytes.length}`,
          fix: 'copy the data file again, whole',
        });
      }
      file.served += length;
      if (file.served > copiesPerFile * file.bytes.length) {
        throw new FormatError({
          place,
          problem: `too many tensors share the same parts of "${location}"`,
        });
      }
      return file.bytes.subarray(offset, offset + length);
    },
  };
}

function resolveLocation(
  resolve: ExternalDataResolver | undefined,
  location: string,
  place: string,
): Uint8Array {
  if (resolve === undefined) {
    throw new FormatError({
      place,
      problem: 'the weights lie in another file',
      found: `location "${location}"`,
      fix: 'save the model as one file, for example onnx.save(onnx.load(path), path, save_as_external_data=False)',
    });
  }
  const parts = location.split(/[\\/]/);
  if (location === '' || /^([\\/]|[a-z]+:)/i.test(location) || parts.includes('..')) {
    throw new FormatError({
      place,
      problem: 'the location of its data is not allowed',
      expected: "a path inside the model's folder",
      found: `"${location}"`,
      fix: 'save the model as one file',
    });
  }
  try {
    return resolve(location);
  } catch (cause) {
    if (cause instanceof AtrousError) throw cause;
    throw new FormatError({
      place,
      problem: `its data file "${location}" cannot be read: ${messageOf(cause)}`,
      fix: 'put the data file beside the model',
      cause,
    });
  }
}

function readCount(text: string, key: string, place: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new FormatError({
    place,
    problem: `the ${key} of its external data makes no sense`,
    expected: 'a whole number of bytes',
    found: `"${text}"`,
  });
}
