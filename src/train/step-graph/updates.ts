import { elementCount, float32, int64, type Shape, sameShape } from '../../core/tensor.js';
import type { GraphBuilder } from '../../graph/builder.js';
import type { GraphOutput, Value } from '../../graph/graph.js';
import type { BuiltParameter } from '../../models/layers.js';
import type { NetworkPart } from '../../models/parameters.js';
import { update } from '../optimizers/index.js';
import { averageName, nextName, stepInputs } from './names.js';
import { rateFactor } from './rate-factors.js';
import type { StepSettings } from './settings.js';
import { keptBeside, slotsOf } from './state-tensors.js';

/** From gradients to new parameters, slots and averages. */
export class Updates {
  readonly step: Value;
  readonly #builder: GraphBuilder;
  readonly #settings: StepSettings;
  readonly #parameters: readonly BuiltParameter[];
  readonly #rates: ReadonlyMap<NetworkPart, Value>;
  readonly #inputs = new Map<string, Value>();

  constructor(
    builder: GraphBuilder,
    settings: StepSettings,
    parameters: readonly BuiltParameter[],
  ) {
    this.#builder = builder;
    this.#settings = settings;
    this.#parameters = parameters;
    const rate = builder.input(stepInputs.learningRate, 'float32', []);
    const parts = new Set(parameters.map(({ part }) => part));
    this.#rates = new Map(
      [...parts].map((part) => [part, this.#times(rate, rateFactor(settings, part))]),
    );
    this.step = builder.input(stepInputs.step, 'float32', []);
    for (const { name, shape } of parameters.flatMap((each) => keptBeside(settings, each))) {
      this.#inputs.set(name, builder.input(name, 'float32', shape));
    }
  }

  apply(gradients: readonly Value[]): readonly GraphOutput[] {
    const scaled = this.#parameters.map((parameter, index) =>
      this.#shaped(parameter, this.#flat(gradients[index] ?? parameter.value)),
    );
    const clipped = this.#clipped(scaled);
    return this.#parameters.flatMap((parameter, index) =>
      this.#updated(parameter, clipped[index] ?? parameter.value),
    );
  }

  /**
   * A value as a vector. On shapes that end in 1, those of 1x1 convolutions, ONNX Runtime goes
   * element by element where a scalar is broadcast: ten times as long.
   */
  #flat(value: Value): Value {
    return this.#reshaped(value, [elementCount(value.shape)]);
  }

  #reshaped(value: Value, shape: Shape): Value {
    if (sameShape(value.shape, shape)) return value;
    const target = this.#builder.constant(int64(shape), 'shape');
    return this.#builder.add('Reshape', [value, target], {}, { name: `${value.name}/reshaped` });
  }

  /** Weight decay added (where the optimizer does not keep it apart), multipliers applied. */
  #shaped({ role, part, value }: BuiltParameter, gradient: Value): Value {
    const { weightDecay, lastLayerMultiplier, biasMultiplier, optimizer } = this.#settings;
    const penalised = role === 'weights' && weightDecay > 0 && optimizer.kind !== 'adamw';
    const whole = penalised
      ? this.#builder.add('Add', [gradient, this.#times(this.#flat(value), weightDecay)], {})
      : gradient;
    const factor =
      (part === 'backbone' ? 1 : lastLayerMultiplier) * (role === 'biases' ? biasMultiplier : 1);
    return this.#times(whole, factor);
  }

  #clipped(gradients: readonly Value[]): readonly Value[] {
    const { clipNorm } = this.#settings;
    if (clipNorm === undefined) return gradients;
    const builder = this.#builder;
    const squares = gradients.map((gradient) => {
      const axes = builder.constant(int64([...gradient.shape.keys()]), 'axes');
      const square = builder.add('Mul', [gradient, gradient], {});
      return builder.add('ReduceSum', [square, axes], { keepdims: 0 });
    });
    const total = squares.reduce((sum, square) => builder.add('Add', [sum, square], {}));
    const norm = builder.add('Max', [builder.add('Sqrt', [total], {}), this.#scalar(1e-12)], {});
    const ratio = builder.add('Div', [this.#scalar(clipNorm), norm], {});
    const factor = builder.add('Min', [ratio, this.#scalar(1)], {});
    return gradients.map((gradient) => builder.add('Mul', [gradient, factor], {}));
  }

  #updated({ name, role, part, value }: BuiltParameter, gradient: Value): readonly GraphOutput[] {
    const { optimizer, averageDecay, weightDecay } = this.#settings;
    const names = slotsOf(optimizer, name);
    const slots = names.map((slot) => this.#flat(this.#inputs.get(slot) ?? value));
    const { parameter, slots: next } = update(this.#builder, optimizer, {
      parameter: this.#flat(value),
      gradient,
      slots,
      rate: this.#rates.get(part) ?? this.step,
      step: this.step,
      decay: role === 'weights' ? weightDecay : 0,
    });
    const average = this.#inputs.get(averageName(name));
    return [
      { name: nextName(name), value: this.#reshaped(parameter, value.shape) },
      ...names.map((slot, index) => ({
        name: nextName(slot),
        value: this.#reshaped(next[index] ?? parameter, value.shape),
      })),
      ...(average === undefined || averageDecay === undefined
        ? []
        : [
            {
              name: nextName(averageName(name)),
              value: this.#reshaped(
                this.#averaged(this.#flat(average), parameter, averageDecay),
                value.shape,
              ),
            },
          ]),
    ];
  }

  /** average + (1 - decay) (parameter - average), with the same faster start as the statistics. */
  #averaged(average: Value, parameter: Value, decay: number): Value {
    const builder = this.#builder;
    const later = builder.add('Add', [this.step, this.#scalar(9)], {});
    const early = builder.add('Div', [this.step, later], {});
    const kept = builder.add('Min', [this.#scalar(decay), early], {});
    const share = builder.add('Sub', [this.#scalar(1), kept], {});
    const way = builder.add('Sub', [parameter, average], {});
    return builder.add('Add', [average, builder.add('Mul', [way, share], {})], {});
  }

  #times(value: Value, factor: number): Value {
    if (factor === 1) return value;
    const name = `${value.name}/scaled`;
    return this.#builder.add('Mul', [value, this.#scalar(factor)], {}, { name });
  }

  #scalar(value: number): Value {
    return this.#builder.constant(float32([], [value]), 'constant');
  }
}
