import { GraphError } from '../core/errors.js';
import { float32 } from '../core/tensor.js';
import type { Value } from '../graph/graph.js';
import { scaledSide } from './geometry.js';
import type { Layers } from './layers.js';

/** Ways to make one plane of logits out of those of several scales. */
export const pyramidMerges = ['max', 'average'] as const;

/** Scales that a network sees its image at, as plain data. */
export interface ImagePyramidSettings {
  /** 1 is the image as it is; at least one. */
  readonly scales: readonly number[];
  /** How the scales' logits become one, element by element. */
  readonly merge: (typeof pyramidMerges)[number];
}

/** An image [N, C, H, W] at a scale. */
export function scaledImage(layers: Layers, image: Value, scale: number): Value {
  const [, , height = 1, width = 1] = image.shape;
  const size = [scaledSide(height, scale), scaledSide(width, scale)] as const;
  return layers.resize(image, size, `image_pyramid/${scale}`);
}

/**
 * The logits of all scales, of one shape, as one.
 *
 * @throws GraphError where there is no scale.
 */
export function mergedLogits(
  { builder }: Layers,
  logits: readonly Value[],
  merge: ImagePyramidSettings['merge'],
): Value {
  const [first, ...others] = logits;
  if (first === undefined) {
    throw new GraphError({
      place: 'image pyramid',
      problem: 'the network sees no image',
      expected: 'at least one scale',
    });
  }
  if (others.length === 0) return first;
  const name = 'logits/merged';
  if (merge === 'max') return builder.add('Max', logits, {}, { name });
  const sum = others.reduce(
    (a, b) => builder.add('Add', [a, b], {}, { name: 'logits/sum' }),
    first,
  );
  const share = builder.constant(float32([], [1 / logits.length]), 'share');
  return builder.add('Mul', [sum, share], {}, { name });
}
