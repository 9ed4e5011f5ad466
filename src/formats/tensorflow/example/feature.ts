import { FormatError } from '../../../core/errors.js';
import { quotedName } from '../../quoted-name.js';

/** What a feature of each kind holds. */
export interface FeatureValues {
  readonly bytes: readonly Uint8Array[];
  readonly float: Float32Array;
  readonly int64: BigInt64Array;
}

export type FeatureKind = keyof FeatureValues;

export interface FeatureOf<K extends FeatureKind> {
  readonly kind: K;
  readonly values: FeatureValues[K];
}

/** A list of byte strings, floats or 64-bit integers. */
export type Feature = { [K in FeatureKind]: FeatureOf<K> }[FeatureKind];

/** A `tf.train.Example`: features by name. */
export type Example = ReadonlyMap<string, Feature>;

/** A feature of byte strings, such as an encoded picture. */
export function bytesFeature(...values: readonly Uint8Array[]): FeatureOf<'bytes'> {
  return { kind: 'bytes', values };
}

/** A feature of texts, stored as UTF-8. */
export function textFeature(...texts: readonly string[]): FeatureOf<'bytes'> {
  return { kind: 'bytes', values: texts.map((text) => new TextEncoder().encode(text)) };
}

/** A feature of 32-bit floats. */
export function floatFeature(...values: readonly number[]): FeatureOf<'float'> {
  return { kind: 'float', values: Float32Array.from(values) };
}

/** A feature of whole numbers; any other number is a RangeError. */
export function int64Feature(...values: readonly number[]): FeatureOf<'int64'> {
  return { kind: 'int64', values: BigInt64Array.from(values, BigInt) };
}

/**
 * The one byte string of a feature.
 *
 * @throws FormatError where the example lacks the feature or it is anything else; `place` names the
 * example.
 */
export function singleBytes(example: Example, name: string, place: string): Uint8Array {
  return singleValue(example, name, 'bytes', place);
}

/**
 * The one text of a feature.
 *
 * @throws FormatError as {@link singleBytes} does, and where the bytes are not UTF-8.
 */
export function singleText(example: Example, name: string, place: string): string {
  const bytes = singleBytes(example, name, place);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new FormatError({
      place,
      problem: `the feature ${quotedName(name)} is not UTF-8 text`,
      cause,
    });
  }
}

/**
 * The one whole number of a feature.
 *
 * @throws FormatError as {@link singleBytes} does, and where the number is beyond 2^53.
 */
export function singleInteger(example: Example, name: string, place: string): number {
  const value = singleValue(example, name, 'int64', place);
  if (!Number.isSafeInteger(Number(value))) {
    throw new FormatError({
      place,
      problem: `the feature ${quotedName(name)} is too large a number`,
      found: `${value}`,
    });
  }
  return Number(value);
}

function singleValue<K extends FeatureKind>(
  example: Example,
  name: string,
  kind: K,
  place: string,
): FeatureValues[K][number] {
  const feature = example.get(name);
  const value = feature?.values[0];
  if (feature?.kind === kind && feature.values.length === 1 && value !== undefined) {
    return value as FeatureValues[K][number];
  }
  throw new FormatError({
    place,
    problem: `${feature === undefined ? 'no' : 'another'} feature ${quotedName(name)}`,
    expected: `one value of kind ${kind}`,
    found:
      feature === undefined
        ? `features ${[...example.keys()].slice(0, 20).map(quotedName).join(', ')}`
        : `${feature.values.length} of kind ${feature.kind}`,
  });
}
