/** [top, left, bottom, right] in pixels. */
export type Pads = readonly [number, number, number, number];

/** An atrous rate; a pair is [along the height, along the width]. */
export type Rate = number | readonly [number, number];

/** A rate as [along the height, along the width]. */
export function ratePair(rate: Rate): readonly [number, number] {
  return typeof rate === 'number' ? [rate, rate] : rate;
}

/** Pads of TensorFlow's SAME rule: outputs of ceil(size / stride). */
export function samePads(
  [height, width]: readonly [number, number],
  kernel: number,
  stride: number,
  rate: Rate,
): Pads {
  const along = (size: number, own: number): readonly [number, number] => {
    const reach = (Math.ceil(size / stride) - 1) * stride + (kernel - 1) * own + 1;
    const total = Math.max(reach - size, 0);
    return [Math.floor(total / 2), Math.ceil(total / 2)];
  };
  const [first, second] = ratePair(rate);
  const [top, bottom] = along(height, first);
  const [left, right] = along(width, second);
  return [top, left, bottom, right];
}

/**
 * Pads that do not depend on the image's size, so that a strided convolution takes every second
 * pixel of the unstrided one, even sizes included: ResNet's and Xception's. As many outputs as SAME.
 */
export function fixedPads(kernel: number, rate: Rate): Pads {
  const [before, after] = [Math.floor, Math.ceil].map((round) =>
    ratePair(rate).map((own) => round(((kernel - 1) * own) / 2)),
  );
  const [top = 0, left = 0] = before ?? [];
  const [bottom = 0, right = 0] = after ?? [];
  return [top, left, bottom, right];
}

/** Channels scaled and rounded to a multiple, never by more than a tenth downwards. */
export function makeDivisible(channels: number, multiple: number, least = multiple): number {
  const rounded = Math.max(least, Math.floor((channels + multiple / 2) / multiple) * multiple);
  return rounded < 0.9 * channels ? rounded + multiple : rounded;
}

/** Size of a feature map at an output stride, by DeepLab's rule for sizes of k stride + 1. */
export function strideSize(size: number, outputStride: number): number {
  return Math.floor((size - 1) / outputStride) + 1;
}

/** Side of an image at a scale, by which sizes of k stride + 1 stay what they are: 513 to 257. */
export function scaledSide(side: number, scale: number): number {
  return Math.floor((side - 1) * scale + 1);
}

/** Stride and atrous rate of one unit. */
export interface UnitGeometry {
  readonly stride: number;
  readonly rate: number;
}

/** Output strides that a network can be built at. */
export const outputStrides = [4, 8, 16, 32] as const;

export type OutputStride = (typeof outputStrides)[number];

/**
 * Turns nominal strides into strides and atrous rates for an output stride: once it is reached,
 * further strides become rates. The unit that loses its stride keeps the rate from before it
 * (DeepLab v3, section 3.1).
 *
 * @param nominal the units' strides, in order.
 * @param current stride of the feature map that the first unit takes.
 */
export function atrousUnits(
  nominal: readonly number[],
  outputStride: number,
  current: number,
): readonly UnitGeometry[] {
  let reached = current;
  let rate = 1;
  return nominal.map((stride) => {
    if (reached < outputStride) {
      reached *= stride;
      return { stride, rate: 1 };
    }
    const unit = { stride: 1, rate };
    rate *= stride;
    return unit;
  });
}
