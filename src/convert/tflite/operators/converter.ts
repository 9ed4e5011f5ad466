import type { OperatorName } from '../../../formats/tflite/index.js';
import type { Converted, ImportOf } from '../operator-import.js';

/** Adds the nodes of one operator and returns a value per output. */
export type Convert<Scope> = (scope: Scope) => readonly Converted[];

/** How an operator is computed. */
export type ConverterOn<Scope> =
  /** In real numbers; `stored`, where present, on 8-bit numbers directly. */
  | { readonly kind: 'computes'; readonly real: Convert<Scope>; readonly stored?: Convert<Scope> }
  /** Moves numbers about without computing, so either domain will do. */
  | { readonly kind: 'moves'; readonly either: Convert<Scope> };

/** A converter for each operator of a list. */
export type Converters<Name extends OperatorName> = {
  readonly [N in Name]: ConverterOn<ImportOf<N>>;
};

/** An operator on real numbers, which may also have a form on 8-bit ones. */
export function computes<Scope>(real: Convert<Scope>, stored?: Convert<Scope>): ConverterOn<Scope> {
  return stored === undefined ? { kind: 'computes', real } : { kind: 'computes', real, stored };
}

/** An operator that only moves numbers. */
export function moves<Scope>(either: Convert<Scope>): ConverterOn<Scope> {
  return { kind: 'moves', either };
}

/** A single output with its axes as in the file. */
export function plainOutput(value: Converted['value']): readonly Converted[] {
  return [{ value, layout: 'plain' }];
}

/** A single image output, [N, C, H, W]. */
export function planarOutput(value: Converted['value']): readonly Converted[] {
  return [{ value, layout: 'planar' }];
}
