import { elementCount, int64, type Shape, sameShape } from '../../core/tensor.js';
import type { GraphBuilder } from '../../graph/builder.js';
import type { Value } from '../../graph/graph.js';
import { required } from '../required.js';

/** Items that are treated alike, and the way from a value of each to one vector and back. */
export interface Pack<Item> {
  readonly items: readonly [Item, ...Item[]];
  /** A value of each item, one behind the other: float32 [elements of all]. */
  pack(read: (item: Item) => Value): Value;
  /** The reverse of `pack`: of each item its part of a vector, in the item's shape. */
  unpack(vector: Value): readonly (readonly [Item, Value])[];
}

/**
 * Groups vectors that the same operators go over, since a network has hundreds of a number per
 * channel each: one operator on all of them takes hardly longer than on one.
 *
 * Kernels stay alone. ONNX Runtime would work out their gradients last of all, just before they are
 * packed, and keep the activations until then: 15 % more memory and no less time.
 *
 * @param kindOf Items of different kinds are kept apart.
 */
export function packed<Item extends { readonly shape: Shape }>(
  builder: GraphBuilder,
  items: readonly Item[],
  kindOf: (item: Item) => string,
): readonly Pack<Item>[] {
  const groups = new Map<string, [Item, ...Item[]]>();
  for (const [index, item] of items.entries()) {
    const kind = item.shape.length === 1 ? kindOf(item) : `${index}`;
    const group = groups.get(kind);
    if (group === undefined) groups.set(kind, [item]);
    else group.push(item);
  }
  return [...groups.values()].map((group) => packOf(builder, group));
}

function packOf<Item extends { readonly shape: Shape }>(
  builder: GraphBuilder,
  items: readonly [Item, ...Item[]],
): Pack<Item> {
  const reshaped = (value: Value, shape: Shape): Value => {
    if (sameShape(value.shape, shape)) return value;
    const target = builder.constant(int64(shape), 'shape');
    return builder.add('Reshape', [value, target], {}, { name: `${value.name}/reshaped` });
  };
  const sizes = items.map(({ shape }) => elementCount(shape));
  return {
    items,
    // As vectors: on shapes that end in 1, those of 1x1 convolutions, ONNX Runtime goes element by
    // element where a scalar is broadcast, ten times as long.
    pack: (read) => {
      const vectors = items.map((item) => reshaped(read(item), [elementCount(item.shape)]));
      const [only] = vectors;
      return vectors.length === 1 && only !== undefined
        ? only
        : builder.add('Concat', vectors, { axis: 0 });
    },
    unpack: (vector) => {
      const parts =
        sizes.length === 1
          ? [vector]
          : builder.addAll(
              'Split',
              [vector, builder.constant(int64(sizes), 'sizes')],
              { axis: 0 },
              { outputs: sizes.length },
            );
      return items.map((item, index) => [
        item,
        reshaped(required(parts[index], `part ${index}`), item.shape),
      ]);
    },
  };
}
