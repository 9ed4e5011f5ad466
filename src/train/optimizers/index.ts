import { float32, type Shape } from '../../core/tensor.js';
import type { GraphBuilder } from '../../graph/builder.js';
import type { Value } from '../../graph/graph.js';
import type { AttributesInOf, OperatorName } from '../../graph/operators.js';
import { required } from '../required.js';

/** A way to turn gradients into new parameters, as plain data. */
export type OptimizerSettings =
  /** v = momentum v + g, p = p - rate v (TensorFlow's and PyTorch's form). */
  | { readonly kind: 'sgd'; readonly momentum?: number; readonly nesterov?: boolean }
  /** Kingma and Ba 2015, algorithm 1. */
  | AdamSettings<'adam'>
  /** Adam with the decay of weights apart from the gradient (Loshchilov and Hutter 2019). */
  | AdamSettings<'adamw'>;

interface AdamSettings<Kind extends string> {
  readonly kind: Kind;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
}

/** Names of what an optimizer keeps for each parameter, as TensorFlow calls them. */
export function slotNames({ kind }: OptimizerSettings): readonly string[] {
  switch (kind) {
    case 'sgd':
      return ['Momentum'];
    case 'adam':
    case 'adamw':
      return ['Adam', 'Adam_1'];
  }
}

/** What the update of one parameter starts from. */
export interface UpdateInputs {
  readonly parameter: Value;
  readonly gradient: Value;
  /** In the order of `slotNames`. */
  readonly slots: readonly Value[];
  /** float32 [] */
  readonly rate: Value;
  /** float32 []: number of this step, from 1; Adam corrects its first steps by it. */
  readonly step: Value;
  /** Decay of the weights for optimizers that keep it out of the gradient; 0 for none. */
  readonly decay: number;
}

export interface Updated {
  readonly parameter: Value;
  readonly slots: readonly Value[];
}

/** Adds the update of one parameter to a graph. */
export function update(
  builder: GraphBuilder,
  settings: OptimizerSettings,
  inputs: UpdateInputs,
): Updated {
  const maker = new UpdateBuilder(builder, inputs.parameter.name);
  return settings.kind === 'sgd'
    ? momentum(maker, settings, inputs)
    : adam(maker, settings, inputs);
}

function momentum(
  maker: UpdateBuilder,
  { momentum: share = 0.9, nesterov = false }: Extract<OptimizerSettings, { kind: 'sgd' }>,
  { parameter, gradient, slots, rate }: UpdateInputs,
): Updated {
  const before = required(slots[0], 'the velocity');
  const velocity = maker.add('Add', [maker.times(before, share), gradient], {});
  const ahead = nesterov
    ? maker.add('Add', [maker.times(velocity, share), gradient], {})
    : velocity;
  const moved = maker.add('Mul', [ahead, rate], {});
  return { parameter: maker.add('Sub', [parameter, moved], {}), slots: [velocity] };
}

function adam(
  maker: UpdateBuilder,
  { kind, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: AdamSettings<'adam' | 'adamw'>,
  { parameter, gradient, slots, rate, step, decay }: UpdateInputs,
): Updated {
  const first = required(slots[0], 'the mean of gradients');
  const second = required(slots[1], 'the mean of their squares');
  const average = (old: Value, value: Value, beta: number) =>
    maker.add('Add', [maker.times(old, beta), maker.times(value, 1 - beta)], {});
  const mean = average(first, gradient, beta1);
  const square = average(second, maker.add('Mul', [gradient, gradient], {}), beta2);
  const corrected = (value: Value, beta: number) => {
    const share = maker.add('Pow', [maker.scalar(beta), step], {});
    return maker.add('Div', [value, maker.add('Sub', [maker.scalar(1), share], {})], {});
  };
  const root = maker.add('Sqrt', [corrected(square, beta2)], {});
  const safe = maker.add('Add', [root, maker.scalar(epsilon)], {});
  const direction = maker.add('Div', [corrected(mean, beta1), safe], {});
  const whole =
    kind === 'adamw' && decay > 0
      ? maker.add('Add', [direction, maker.times(parameter, decay)], {})
      : direction;
  const moved = maker.add('Mul', [whole, rate], {});
  return { parameter: maker.add('Sub', [parameter, moved], {}), slots: [mean, square] };
}

class UpdateBuilder {
  readonly #builder: GraphBuilder;
  readonly #name: string;

  constructor(builder: GraphBuilder, name: string) {
    this.#builder = builder;
    this.#name = name;
  }

  add<Op extends OperatorName>(
    op: Op,
    inputs: readonly Value[],
    attributes: AttributesInOf<Op>,
  ): Value {
    return this.#builder.add(op, inputs, attributes, { name: `${this.#name}/update` });
  }

  times(value: Value, factor: number): Value {
    return this.add('Mul', [value, this.scalar(factor)], {});
  }

  scalar(value: number): Value {
    const shape: Shape = [];
    return this.#builder.constant(float32(shape, [value]), `${this.#name}/constant`);
  }
}
