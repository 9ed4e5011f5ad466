import type { DType } from '../../core/dtype.js';
import { GraphError } from '../../core/errors.js';
import { formatShape, type Shape, toNumbers } from '../../core/tensor.js';
import type { Value } from '../graph.js';
import type { AttributesOf, OperatorName } from '../operators.js';

/** Element type and shape of one output. */
export interface ValueType {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** What a shape rule sees: one use of an operator, before its outputs exist. */
export class OperatorCall<Op extends OperatorName = OperatorName> {
  readonly op: Op;
  readonly name: string;
  readonly inputs: readonly (Value | undefined)[];
  readonly attributes: AttributesOf<Op>;
  readonly outputCount: number;

  constructor(
    op: Op,
    name: string,
    inputs: readonly (Value | undefined)[],
    attributes: AttributesOf<Op>,
    outputCount: number,
  ) {
    this.op = op;
    this.name = name;
    this.inputs = inputs;
    this.attributes = attributes;
    this.outputCount = outputCount;
  }

  /** The input at a position; an error where it was left out. */
  input(position: number): Value {
    return this.inputs[position] ?? this.fail(`input ${position} is missing`);
  }

  /** The input at a position, or `undefined` where it was left out. */
  optionalInput(position: number): Value | undefined {
    return this.inputs[position];
  }

  /** An input with as many axes as told. */
  inputOfRank(position: number, rank: number): Value {
    const value = this.input(position);
    if (value.shape.length !== rank) {
      this.fail(`input ${position} has the wrong rank`, `${rank} axes`, formatShape(value.shape));
    }
    return value;
  }

  /** The elements of an input that must be known when the graph is built, such as axes. */
  constantNumbers(position: number, meaning: string): readonly number[] {
    const value = this.input(position);
    if (value.constant === undefined) {
      return this.fail(
        `the ${meaning} (input ${position}) must be constant`,
        'values known when the graph is built',
        `"${value.name}", which is computed`,
      );
    }
    return toNumbers(value.constant);
  }

  /** The constant vector of whole numbers at a position: axes, sizes, pads; int64 unless told. */
  constantIntegers(
    position: number,
    meaning: string,
    types: readonly DType[] = ['int64'],
  ): readonly number[] {
    const numbers = this.constantNumbers(position, meaning);
    this.requireDtype(position, ...types);
    this.inputOfRank(position, 1);
    return numbers;
  }

  /** Demands that an input's element type is one of those told. */
  requireDtype(position: number, ...allowed: readonly DType[]): void {
    const { dtype } = this.input(position);
    if (!allowed.includes(dtype)) {
      this.fail(`input ${position} has the wrong type`, allowed.join(' or '), dtype);
    }
  }

  /** Demands that two inputs have the same element type. */
  requireSameDtype(first: number, second: number): void {
    const a = this.input(first).dtype;
    const b = this.input(second).dtype;
    if (a !== b) this.fail(`inputs ${first} and ${second} differ in type`, a, b);
  }

  /** Whether an attribute that is 0 or 1 is 1. */
  flag(name: string, value: number): boolean {
    if (value !== 0 && value !== 1) this.fail(`${name} is no flag`, '0 or 1', `${value}`);
    return value === 1;
  }

  /** Demands that a text attribute is one of those that ONNX defines. */
  requireChoice(name: string, value: string, choices: readonly string[]): void {
    if (!choices.includes(value)) this.fail(`unknown ${name}`, choices.join(', '), `"${value}"`);
  }

  /** An axis in [0, rank), from one that may count from the end. */
  axis(axis: number, rank: number): number {
    const positive = axis < 0 ? axis + rank : axis;
    if (!Number.isInteger(axis) || positive < 0 || positive >= rank) {
      this.fail('the axis does not exist', `one of ${rank} axes`, `${axis}`);
    }
    return positive;
  }

  fail(problem: string, expected?: string, found?: string): never {
    throw new GraphError({
      place: `${this.op} "${this.name}"`,
      problem,
      ...(expected === undefined ? {} : { expected }),
      ...(found === undefined ? {} : { found }),
    });
  }
}

/** Computes the types and shapes of a call's outputs, or fails with what does not fit. */
export type ShapeRule<Op extends OperatorName> = (call: OperatorCall<Op>) => readonly ValueType[];

/** Rules for some of the operators. */
export type ShapeRules<Op extends OperatorName> = { readonly [K in Op]: ShapeRule<K> };
