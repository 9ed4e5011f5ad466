import { GraphError } from '../core/errors.js';
import { formatShape, type Shape, sameShape } from '../core/tensor.js';
import type { GraphBuilder } from '../graph/builder.js';
import type { Value } from '../graph/graph.js';
import type { NetworkPart, Parameter, Statistic, Weights } from './parameters.js';

/**
 * What a network is built for: `infer` with constant weights; `train` with parameters as inputs of
 * the graph and batch norm by the batch's own statistics, or by frozen ones (of some parts or all).
 */
export type Mode =
  | { readonly kind: 'infer'; readonly weights: Weights }
  | {
      readonly kind: 'train';
      readonly batchNorm: 'batch' | 'frozen' | Readonly<Record<NetworkPart, 'batch' | 'frozen'>>;
      /** Whether activations are dropped; no unless told. */
      readonly dropout?: boolean;
    };

/** A parameter of the network being built, and its value in the graph. */
export interface BuiltParameter extends Parameter {
  readonly value: Value;
}

/** A batch's own mean or variance of what a batch norm layer saw. */
export interface BatchStatistic {
  readonly value: Value;
  /** Elements per channel that it is taken over. */
  readonly count: number;
}

/** A statistic, its value in the graph, and the batch's own where batch norm computes that. */
export interface BuiltStatistic extends Statistic {
  readonly value: Value;
  /** Of each pass through the layer, in order; none where batch norm computes none. */
  readonly batches: readonly BatchStatistic[];
  /** What batch norm normalises in the first pass, [N, C, H, W], and its epsilon. */
  readonly source: Value;
  readonly epsilon: number;
}

/** An input for a dropout mask. */
export interface DropoutInput extends Value {
  /** Share of the activations that is kept. */
  readonly keep: number;
}

/** What a pass through a batch norm layer adds to one of its statistics. */
export interface StatisticUse {
  readonly source: Value;
  readonly epsilon: number;
  readonly batch?: BatchStatistic;
}

/** Whether batch norm in a part of the network goes by given statistics, not by the batch's own. */
export function isFrozen(mode: Mode, part: NetworkPart): boolean {
  if (mode.kind === 'infer') return true;
  const { batchNorm } = mode;
  return (typeof batchNorm === 'string' ? batchNorm : batchNorm[part]) === 'frozen';
}

/**
 * What a network is fed beside its image, by name: parameters, statistics, dropout masks. A name
 * stands for one value, however often it is read.
 */
export class Variables {
  readonly mode: Mode;
  readonly #builder: GraphBuilder;
  readonly #values = new Map<string, Value>();
  readonly #parameters = new Map<string, BuiltParameter>();
  readonly #statistics = new Map<string, BuiltStatistic>();
  readonly #masks: DropoutInput[] = [];

  constructor(builder: GraphBuilder, mode: Mode) {
    this.#builder = builder;
    this.mode = mode;
  }

  get parameters(): readonly BuiltParameter[] {
    return [...this.#parameters.values()];
  }

  get statistics(): readonly BuiltStatistic[] {
    return [...this.#statistics.values()];
  }

  get masks(): readonly DropoutInput[] {
    return this.#masks;
  }

  /** The value of a parameter: an input of the graph in training, else the constant of its name. */
  parameter(parameter: Parameter): Value {
    const value = this.#read(parameter);
    this.#parameters.set(parameter.name, { ...parameter, value });
    return value;
  }

  /** The value of a statistic, likewise. */
  statistic(statistic: Statistic): Value {
    return this.#read(statistic);
  }

  /** Takes down a pass through the layer of a statistic. */
  follow(statistic: Statistic, { source, epsilon, batch }: StatisticUse): void {
    const known = this.#statistics.get(statistic.name);
    const batches = [...(known?.batches ?? []), ...(batch === undefined ? [] : [batch])];
    const first = known ?? { ...statistic, value: this.#read(statistic), source, epsilon };
    this.#statistics.set(statistic.name, { ...first, batches });
  }

  /** An input for a dropout mask that keeps a share of the activations. */
  mask(name: string, shape: Shape, keep: number): Value {
    const mask = this.#builder.input(name, 'float32', shape);
    this.#masks.push({ ...mask, keep });
    return mask;
  }

  #read({ name, shape }: Parameter | Statistic): Value {
    const value = this.#values.get(name) ?? this.#create(name, shape);
    this.#values.set(name, value);
    return value;
  }

  #create(name: string, shape: Shape): Value {
    if (this.mode.kind === 'train') return this.#builder.input(name, 'float32', shape);
    const found = this.mode.weights.get(name);
    if (found?.dtype === 'float32' && sameShape(found.shape, shape)) {
      return this.#builder.constant(found, name);
    }
    throw new GraphError({
      place: `weights "${name}"`,
      problem: found === undefined ? 'missing' : 'not of the shape that the network has',
      expected: `float32 ${formatShape(shape)}`,
      ...(found === undefined ? {} : { found: `${found.dtype} ${formatShape(found.shape)}` }),
      fix: 'take weights that were trained with this configuration',
    });
  }
}
