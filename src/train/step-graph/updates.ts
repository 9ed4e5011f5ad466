import { float32, int64 } from '../../core/tensor.js';
import type { GraphBuilder } from '../../graph/builder.js';
import type { GraphOutput, Value } from '../../graph/graph.js';
import type { BuiltParameter } from '../../models/layers.js';
import type { NetworkPart } from '../../models/parameters.js';
import { slotNames, update } from '../optimizers/index.js';
import { required } from '../required.js';
import type { MovedParameter } from './forward.js';
import { averageName, nextName, stepInputs } from './names.js';
import { type Pack, packed } from './packing.js';
import { rateFactor } from './rate-factors.js';
import type { StepSettings } from './settings.js';
import { keptBeside, slotName } from './state-tensors.js';

type MovedPack = Pack<MovedParameter>;

/** Parameters that are moved together, as one vector each of values and gradients. */
interface PackedMove {
  readonly pack: MovedPack;
  readonly parameter: Value;
  readonly gradient: Value;
}

/** From gradients to new parameters, slots and averages. */
export class Updates {
  readonly step: Value;
  readonly #builder: GraphBuilder;
  readonly #settings: StepSettings;
  readonly #rates: ReadonlyMap<NetworkPart, Value>;
  readonly #inputs = new Map<string, Value>();

  constructor(
    builder: GraphBuilder,
    settings: StepSettings,
    parameters: readonly BuiltParameter[],
  ) {
    this.#builder = builder;
    this.#settings = settings;
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

  /** @param moved the parameters that this was made for. */
  apply(moved: readonly MovedParameter[]): readonly GraphOutput[] {
    const packs = packed(this.#builder, moved, ({ role, part }) => `${role} of ${part}`);
    const vectors = packs.map((pack) => ({ pack, parameter: pack.pack(({ value }) => value) }));
    const shaped = vectors.map(({ pack, parameter }) => ({
      pack,
      parameter,
      gradient: this.#shaped(pack, parameter),
    }));
    return this.#clipped(shaped).flatMap((move) => this.#updated(move));
  }

  /**
   * Gradients with weight decay added (where the optimizer does not keep it apart) and multipliers
   * applied.
   */
  #shaped({ items: [{ role, part }], pack }: MovedPack, vector: Value): Value {
    const { weightDecay, lastLayerMultiplier, biasMultiplier, optimizer } = this.#settings;
    const gradient = pack((item) => item.gradient);
    const penalised = role === 'weights' && weightDecay > 0 && optimizer.kind !== 'adamw';
    const whole = penalised
      ? this.#builder.add('Add', [gradient, this.#times(vector, weightDecay)], {})
      : gradient;
    const factor =
      (part === 'backbone' ? 1 : lastLayerMultiplier) * (role === 'biases' ? biasMultiplier : 1);
    return this.#times(whole, factor);
  }

  #clipped(moves: readonly PackedMove[]): readonly PackedMove[] {
    const { clipNorm } = this.#settings;
    if (clipNorm === undefined) return moves;
    const builder = this.#builder;
    const squares = moves.map(({ gradient }) => {
      const axes = builder.constant(int64([...gradient.shape.keys()]), 'axes');
      const square = builder.add('Mul', [gradient, gradient], {});
      return builder.add('ReduceSum', [square, axes], { keepdims: 0 });
    });
    const total = squares.reduce((sum, square) => builder.add('Add', [sum, square], {}));
    const norm = builder.add('Max', [builder.add('Sqrt', [total], {}), this.#scalar(1e-12)], {});
    const ratio = builder.add('Div', [this.#scalar(clipNorm), norm], {});
    const factor = builder.add('Min', [ratio, this.#scalar(1)], {});
    return moves.map((move) => ({
      ...move,
      gradient: builder.add('Mul', [move.gradient, factor], {}),
    }));
  }

  #updated({ pack, parameter, gradient }: PackedMove): readonly GraphOutput[] {
    const [{ role, part }] = pack.items;
    const { optimizer, averageDecay, weightDecay } = this.#settings;
    const kept = (nameOf: (name: string) => string) =>
      pack.pack(({ name }) => required(this.#inputs.get(nameOf(name)), `input ${nameOf(name)}`));
    const outputs = (nameOf: (name: string) => string, next: Value): readonly GraphOutput[] =>
      pack.unpack(next).map(([{ name }, value]) => ({ name: nextName(nameOf(name)), value }));
    const slots = slotNames(optimizer).map((slot) => (name: string) => slotName(name, slot));
    const next = update(this.#builder, optimizer, {
      parameter,
      gradient,
      slots: slots.map(kept),
      rate: required(this.#rates.get(part), `the rate of the ${part}`),
      step: this.step,
      decay: role === 'weights' ? weightDecay : 0,
    });
    return [
      ...outputs((name) => name, next.parameter),
      ...slots.flatMap((nameOf, index) =>
        outputs(nameOf, required(next.slots[index], `slot ${index} of ${parameter.name}`)),
      ),
      ...(averageDecay === undefined
        ? []
        : outputs(averageName, this.#averaged(kept(averageName), next.parameter, averageDecay))),
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
