import {
  bytesPerElement,
  type DType,
  type ElementArray,
  elementArrays,
  isBigInt,
} from '../../core/dtype.js';
import { FormatError, UnsupportedError } from '../../core/errors.js';
import { elementCount, formatShape, type Shape, type Tensor } from '../../core/tensor.js';
import { decodeMessage, type MessageBudget } from '../protobuf/decode.js';
import type { Decoded } from '../protobuf/message.js';
import { wrapElements } from '../raw-elements.js';
import type { ExternalData } from './external-data.js';
import { dataTypes, externalLocation, otherDataTypes, tensorMessage } from './schema.js';

/** What reading any part of a file needs to know of the whole. */
export interface Reading {
  readonly budget: MessageBudget;
  readonly external: ExternalData;
}

/** A tensor and the name it has in the file. */
export interface NamedTensor {
  readonly name: string;
  readonly tensor: Tensor;
}

type TensorFields = Decoded<typeof tensorMessage.fields>;

const dtypesByNumber: ReadonlyMap<number, DType> = new Map(
  (Object.keys(dataTypes) as DType[]).map((dtype) => [dataTypes[dtype], dtype]),
);

const maximumRank = 64;

/**
 * Decodes a TensorProto.
 *
 * The tensor shares the file's memory where its raw data is aligned for its type.
 *
 * @throws FormatError where the data does not fill the shape, UnsupportedError for an element type
 * that no tensor holds.
 */
export function readTensor(bytes: Uint8Array, owner: string, reading: Reading): NamedTensor {
  const fields = decodeMessage(tensorMessage, bytes, owner, reading.budget);
  const name = fields.name ?? '';
  const place = name === '' ? `${owner}, tensor` : `${owner}, tensor "${name}"`;
  if (fields.segment !== undefined) {
    throw new UnsupportedError({
      place,
      problem: 'the tensor is split into segments',
      fix: 'save the model again with the onnx package',
    });
  }
  const dtype = readDType(fields.dataType ?? 0, place);
  if (dtype === undefined) throw new FormatError({ place, problem: 'it has no element type' });
  const shape = readDims(fields.dims, place);
  const data = readData(fields, dtype, shape, place, reading);
  return { name, tensor: { dtype, shape, data } as Tensor };
}

/**
 * The element type of a `TensorProto.DataType`; `undefined` for 0, "not told".
 *
 * @throws UnsupportedError for types that no tensor holds, FormatError for unknown numbers.
 */
export function readDType(dataType: number, place: string): DType | undefined {
  const dtype = dtypesByNumber.get(dataType);
  if (dtype !== undefined || dataType === 0) return dtype;
  const other = otherDataTypes.get(dataType);
  if (other !== undefined) {
    throw new UnsupportedError({
      place,
      problem: `elements of type ${other} are not supported`,
      expected: Object.keys(dataTypes).join(', '),
      fix: 'export the model in float32 or 8-bit integers',
    });
  }
  throw new FormatError({ place, problem: 'unknown element type', found: `number ${dataType}` });
}

function readDims(dims: BigInt64Array, place: string): Shape {
  if (dims.length > maximumRank) {
    throw new FormatError({
      place,
      problem: 'the tensor has too many axes',
      expected: `at most ${maximumRank}`,
      found: `${dims.length}`,
    });
  }
  const shape = Array.from(dims, Number);
  const count = elementCount(shape);
  if (shape.some((size) => size < 0 || !Number.isSafeInteger(size)) || !Number.isFinite(count)) {
    throw new FormatError({
      place,
      problem: 'the shape makes no sense',
      expected: 'sizes of 0 or more that fit into memory',
      found: formatShape(shape),
    });
  }
  return shape;
}

function readData(
  fields: TensorFields,
  dtype: DType,
  shape: Shape,
  place: string,
  reading: Reading,
): ElementArray {
  const count = elementCount(shape);
  if (fields.dataLocation === externalLocation) {
    const length = count * bytesPerElement(dtype);
    const raw = reading.external.read(fields.externalData, length, place, reading.budget);
    return wrapRaw(raw, dtype, shape, place);
  }
  if (fields.rawData !== undefined) return wrapRaw(fields.rawData, dtype, shape, place);
  const typed = typedData(fields, dtype);
  if (typed.length !== count) {
    throw wrongSize(place, dtype, shape, `${count} elements`, `${typed.length}`);
  }
  return convertElements(typed, dtype, place);
}

function wrapRaw(raw: Uint8Array, dtype: DType, shape: Shape, place: string): ElementArray {
  const size = bytesPerElement(dtype);
  const count = elementCount(shape);
  if (raw.byteLength !== count * size) {
    throw wrongSize(place, dtype, shape, `${count * size} bytes`, `${raw.byteLength}`);
  }
  return wrapElements(raw, dtype);
}

/** The typed field that holds elements of this type when there is no raw data. */
function typedData(fields: TensorFields, dtype: DType) {
  switch (dtype) {
    case 'float32':
      return fields.floatData;
    case 'float64':
      return fields.doubleData;
    case 'int64':
      return fields.int64Data;
    case 'uint32':
    case 'uint64':
      return fields.uint64Data;
    case 'float16':
    case 'uint8':
    case 'int8':
    case 'uint16':
    case 'int16':
    case 'int32':
    case 'bool':
      return fields.int32Data;
  }
}

function convertElements(
  typed: ReturnType<typeof typedData>,
  dtype: DType,
  place: string,
): ElementArray {
  if (isBigInt(dtype) || typed.constructor === elementArrays[dtype]) return typed;
  const array = new elementArrays[dtype](typed.length);
  for (let at = 0; at < typed.length; at++) {
    const value = Number(typed[at]);
    array[at] = value;
    if (array[at] !== value) {
      throw new FormatError({
        place,
        problem: `element ${at} does not fit the type ${dtype}`,
        found: `${value}`,
      });
    }
  }
  return array;
}

function wrongSize(
  place: string,
  dtype: DType,
  shape: Shape,
  expected: string,
  found: string,
): FormatError {
  return new FormatError({
    place,
    problem: `the data does not fill the shape ${dtype}${formatShape(shape)}`,
    expected,
    found,
    fix: 'export or copy the file again',
  });
}
