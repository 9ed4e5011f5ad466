import type { DType } from '../../core/dtype.js';
import type { Tensor } from '../../core/tensor.js';

/** What an ONNX model file holds; doc strings and training data are left out. */
export interface OnnxModel {
  readonly irVersion: number;
  /** Operator set version by domain; the standard operators' domain is `''`. */
  readonly opsetImports: ReadonlyMap<string, number>;
  readonly producerName: string;
  readonly producerVersion: string;
  readonly metadata: ReadonlyMap<string, string>;
  readonly graph: OnnxGraph;
}

/** Nodes in the order in which they run, with the values that enter and leave. */
export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxInitializer[];
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
  /** Types of values inside the graph, where the file tells them. */
  readonly valueInfo: readonly OnnxValueInfo[];
}

/** A constant of a graph: a weight. */
export interface OnnxInitializer {
  readonly name: string;
  readonly tensor: Tensor;
}

/** One application of an operator; an input that is left out is `''`. */
export interface OnnxNode {
  readonly name: string;
  readonly opType: string;
  /** `''` for the standard operators. */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, OnnxAttribute>;
}

/** The value of each kind of attribute; typed arrays keep the file's 32-bit and 64-bit values exact. */
export interface OnnxAttributeValues {
  readonly float: number;
  readonly int: bigint;
  readonly string: string;
  readonly tensor: Tensor;
  readonly graph: OnnxGraph;
  readonly floats: Float32Array;
  readonly ints: BigInt64Array;
  readonly strings: readonly string[];
}

/** Names of the kinds of attribute. */
export type OnnxAttributeKind = keyof OnnxAttributeValues;

/** An attribute of one given kind. */
export interface OnnxAttributeOf<K extends OnnxAttributeKind> {
  readonly kind: K;
  readonly value: OnnxAttributeValues[K];
}

/** An attribute's value, discriminated by `kind`. */
export type OnnxAttribute = { [K in OnnxAttributeKind]: OnnxAttributeOf<K> }[OnnxAttributeKind];

/** Name and type of a value: an input, an output, or one inside the graph. */
export interface OnnxValueInfo {
  readonly name: string;
  /** `undefined` where the file does not say. */
  readonly dtype: DType | undefined;
  /**
   * One entry per axis: its size, its symbolic name, or `'?'` for an unknown size without a name.
   * `undefined` where not even the number of axes is known.
   */
  readonly shape: readonly (number | string)[] | undefined;
}

/** The attribute of a number that is rounded to float32, as the file stores it. */
export function floatAttribute(value: number): OnnxAttributeOf<'float'> {
  return { kind: 'float', value: Math.fround(value) };
}

/** The attribute of a whole number. */
export function intAttribute(value: number | bigint): OnnxAttributeOf<'int'> {
  return { kind: 'int', value: BigInt(value) };
}

/** The attribute of a text. */
export function stringAttribute(value: string): OnnxAttributeOf<'string'> {
  return { kind: 'string', value };
}

/** The attribute of a list of whole numbers. */
export function intsAttribute(values: readonly number[]): OnnxAttributeOf<'ints'> {
  return { kind: 'ints', value: BigInt64Array.from(values, BigInt) };
}

/** The attribute of a list of numbers, rounded to float32. */
export function floatsAttribute(values: readonly number[]): OnnxAttributeOf<'floats'> {
  return { kind: 'floats', value: Float32Array.from(values) };
}
