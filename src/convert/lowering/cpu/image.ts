import { InternalError } from '../../../core/errors.js';
import { float32, int64, type Shape, sameShape } from '../../../core/tensor.js';
import type { GraphBuilder } from '../../../graph/builder.js';
import type { Value } from '../../../graph/graph.js';
import type { AttributesInOf, OperatorName } from '../../../graph/operators.js';

/**
 * How a [N, C, H, W] value lies in memory.
 *
 * - `planes`: as it is.
 * - `rows`: [C, N H W], a row per channel: 1x1 convolutions and their gradients are then each one
 *   matrix product over the whole batch.
 * - `blocked`: [1, C N, H, W] in the CPU provider's blocked layout, the planes of the whole batch
 *   taken for channels: depthwise convolutions and per-channel arithmetic run fastest so.
 */
export type Form = 'planes' | 'rows' | 'blocked';

/** Blocked kernels also scale and offset: one pass where separate operators take three. */
interface Affine {
  readonly source: Image;
  readonly form: 'rows' | 'blocked';
  /** [C] */
  readonly factor: Value;
  /** [C] */
  readonly offset: Value;
}

/** A value that still wants multiplying by a factor per channel. */
export interface Scaled {
  readonly image: Image;
  /** [C]; `undefined` for 1. */
  readonly factor: Value | undefined;
}

/** Builds the lowered graph; knows the width of a block. */
export interface Workshop {
  readonly builder: GraphBuilder;
  /** Channels in a block: 8 with AVX2, 16 with AVX-512. */
  readonly block: number;
}

/**
 * One value of the graph in whichever form an operator asks for; forms are derived from each other
 * when first asked for and kept. A value may be held unfinished (an affine map or a factor short),
 * so that the next operator can take over what is missing.
 */
export class Image {
  readonly name: string;
  readonly shape: Shape;
  readonly #workshop: Workshop;
  readonly #forms = new Map<Form, Value>();
  #affine: Affine | undefined;
  #scaled: Scaled | undefined;

  constructor(workshop: Workshop, name: string, shape: Shape) {
    this.#workshop = workshop;
    this.name = name;
    this.shape = shape;
  }

  get channels(): number {
    return this.shape[1] ?? 1;
  }

  get batch(): number {
    return this.shape[0] ?? 1;
  }

  /** Height and width. */
  get size(): readonly [height: number, width: number] {
    return [this.shape[2] ?? 1, this.shape[3] ?? 1];
  }

  /** Elements per channel. */
  get perChannel(): number {
    const [batch = 1, , height = 1, width = 1] = this.shape;
    return batch * height * width;
  }

  /** Whether the planes of the batch fill whole blocks. */
  get blockable(): boolean {
    const multiple = channelsPerBlocks(this.#workshop.block, this.batch);
    return this.shape.length === 4 && this.channels % multiple === 0;
  }

  define(form: Form, value: Value): this {
    this.#forms.set(form, value);
    return this;
  }

  /** Holds the value as factor x source + offset, computed in a form when it is asked for. */
  defineAffine(affine: Affine): this {
    this.#affine = affine;
    return this;
  }

  /** Holds the value as factor x source. */
  defineScaled(scaled: Scaled): this {
    this.#scaled = scaled;
    return this;
  }

  has(form: Form): boolean {
    return this.#forms.has(form);
  }

  /** The unfinished affine map, unless the value has been computed already. */
  get affine(): Affine | undefined {
    return this.#forms.size === 0 ? this.#affine : undefined;
  }

  /** This value as an image and a factor that is still to be applied. */
  get unscaled(): Scaled {
    if (this.#forms.size === 0 && this.#scaled !== undefined) return this.#scaled;
    return { image: this, factor: undefined };
  }

  get planes(): Value {
    return this.get('planes');
  }

  get rows(): Value {
    return this.get('rows');
  }

  get blocked(): Value {
    return this.get('blocked');
  }

  get(form: Form): Value {
    const known = this.#forms.get(form);
    if (known !== undefined) return known;
    if (this.#forms.size === 0) this.#finish();
    const value = this.#forms.get(form) ?? this.#derive(form);
    this.#forms.set(form, value);
    return value;
  }

  #finish(): void {
    if (this.#affine !== undefined) {
      const { form } = this.#affine;
      this.define(form, affineMap(this.#workshop, this.#affine));
    } else if (this.#scaled?.factor !== undefined) {
      const { image, factor } = this.#scaled;
      const sides = [image.rows, perChannel(this.#workshop, factor, image, 'rows')];
      this.define('rows', this.#add('Mul', sides, {}));
    } else {
      throw new InternalError('lowering', `"${this.name}" is used before it is computed`);
    }
  }

  #derive(form: Form): Value {
    const [batch = 1, channels = 1, height = 1, width = 1] = this.shape;
    switch (form) {
      case 'planes': {
        if (batch === 1) return this.#reshape(this.rows, this.shape);
        const split = this.#reshape(this.rows, [channels, batch, height, width]);
        return this.#add('Transpose', [split], { perm: [1, 0, 2, 3] });
      }
      case 'rows': {
        const planes = this.#forms.get('planes');
        const count = channels * batch;
        if (planes === undefined) {
          const plain = this.#add('ReorderOutput', [this.blocked], { channels: count });
          return this.#reshape(plain, [channels, this.perChannel]);
        }
        const split =
          batch === 1 ? planes : this.#add('Transpose', [planes], { perm: [1, 0, 2, 3] });
        return this.#reshape(split, [channels, this.perChannel]);
      }
      case 'blocked': {
        const split = this.#reshape(this.rows, [1, channels * batch, height, width]);
        return this.#add('ReorderInput', [split], {});
      }
    }
  }

  #add<Op extends OperatorName>(
    op: Op,
    inputs: readonly (Value | undefined)[],
    attributes: AttributesInOf<Op>,
  ): Value {
    return this.#workshop.builder.add(op, inputs, attributes, { name: `${this.name}/${op}` });
  }

  #reshape(value: Value, shape: Shape): Value {
    return reshape(this.#workshop.builder, value, shape);
  }
}

/** The least number of channels whose planes, over the batch, fill whole blocks. */
export function channelsPerBlocks(block: number, batch: number): number {
  let [multiple, rest] = [block, batch];
  while (rest > 0) [multiple, rest] = [rest, multiple % rest];
  return block / multiple;
}

/** The value in another shape, straight from what it was before where it has been reshaped already. */
export function reshape(builder: GraphBuilder, value: Value, shape: Shape): Value {
  const producer = builder.producerOf(value);
  const source = (producer?.op === 'Reshape' ? producer.inputs[0] : undefined) ?? value;
  for (const each of [value, source]) if (sameShape(each.shape, shape)) return each;
  const target = builder.constant(int64(shape), 'shape');
  return builder.add('Reshape', [source, target], {}, { name: `${value.name}/reshaped` });
}

/**
 * A number per channel repeated for each image of the batch: [C] to [C N].
 *
 * As a product with ones, exact and half the time of `Expand`.
 */
export function perPlane({ builder }: Workshop, vector: Value, batch: number): Value {
  const channels = vector.shape[0] ?? 1;
  if (batch === 1) return vector;
  const column = reshape(builder, vector, [channels, 1]);
  const ones = builder.constant(float32([1, batch], new Array<number>(batch).fill(1)), 'ones');
  const repeated = builder.add('MatMul', [column, ones], {}, { name: `${vector.name}/planes` });
  return reshape(builder, repeated, [channels * batch]);
}

/** A number per channel, shaped to broadcast over an image's planes or rows. */
export function perChannel(
  { builder }: Workshop,
  vector: Value,
  { channels }: Image,
  form: 'planes' | 'rows',
): Value {
  return reshape(builder, vector, form === 'planes' ? [channels, 1, 1] : [channels, 1]);
}

/** factor x + offset per channel, with an optional clamp, in one pass where the form allows it. */
export function affineMap(
  workshop: Workshop,
  { source, form, factor, offset }: Affine,
  clamp?: readonly [least: number, greatest: number],
): Value {
  const { builder } = workshop;
  const name = `${source.name}/affine`;
  if (form === 'blocked') {
    const count = source.channels * source.batch;
    const weights = reshape(builder, perPlane(workshop, factor, source.batch), [count, 1, 1, 1]);
    const activation = clamp === undefined ? {} : blockedClamp(clamp);
    return builder.add(
      'BlockedConv',
      [source.blocked, weights, perPlane(workshop, offset, source.batch)],
      { group: count, kernel_shape: [1, 1], ...activation },
      { name },
    );
  }
  const [scale, shift] = [factor, offset].map((each) => perChannel(workshop, each, source, form));
  const scaled = builder.add('Mul', [source.rows, scale], {}, { name });
  const moved = builder.add('Add', [scaled, shift], {}, { name });
  return clamp === undefined ? moved : clampPlain(builder, moved, clamp);
}

function blockedClamp([least, greatest]: readonly [number, number]): {
  readonly activation: string;
  readonly activation_params?: readonly number[];
} {
  return least === 0 && greatest === Number.POSITIVE_INFINITY
    ? { activation: 'Relu' }
    : { activation: 'Clip', activation_params: [least, greatest] };
}

export function clampPlain(
  builder: GraphBuilder,
  value: Value,
  [least, greatest]: readonly [number, number],
): Value {
  if (least === 0 && greatest === Number.POSITIVE_INFINITY) {
    return builder.add('Relu', [value], {}, { name: `${value.name}/clamped` });
  }
  const bound = (number: number) =>
    Number.isFinite(number)
      ? builder.constant({ dtype: 'float32', shape: [], data: Float32Array.of(number) }, 'bound')
      : undefined;
  return builder.add(
    'Clip',
    [value, bound(least), bound(greatest)],
    {},
    {
      name: `${value.name}/clamped`,
    },
  );
}
