import type { Value } from '../../graph/graph.js';
import type { LossInputs } from './loss-inputs.js';

/** Softmax cross-entropy, DeepLab's own loss. */
export interface CrossEntropySettings {
  readonly kind: 'cross-entropy';
  /** Factor on the loss of each class's pixels; the mean still divides by their number. */
  readonly classWeights?: readonly number[];
  /** Share of the target that is spread evenly over all classes, 0 to 1. */
  readonly labelSmoothing?: number;
  /** Keeps only the pixels with the largest losses. */
  readonly hardPixels?: HardPixelSettings;
}

/** Hard-pixel mining. */
export interface HardPixelSettings {
  /** Share of all pixels that is kept, above 0 up to 1. */
  readonly share: number;
  /** Steps over which the share falls from 1 to that. */
  readonly rampSteps: number;
}

/** Least divisor of a mean over pixels, as in the release. */
const leastCount = 1e-5;

/**
 * sum(weight x cross-entropy) / max(number of pixels that count, 1e-5).
 *
 * With hard pixels the sum is over the k largest losses and divides by how many of them are not
 * zero.
 *
 * @param kept int64 [1], how many pixels are kept this step; see `keptPixels`.
 */
export function crossEntropy(
  inputs: LossInputs,
  settings: CrossEntropySettings,
  kept: Value | undefined,
): Value {
  const losses = pixelLosses(inputs, settings);
  if (kept === undefined)
    return inputs.ratio(inputs.sum(losses), inputs.sum(inputs.valid), leastCount);
  return hardest(inputs, losses, kept);
}

/** Cross-entropy of each pixel, [N, H, W]; 0 where it does not count. */
export function pixelLosses(
  inputs: LossInputs,
  { classWeights, labelSmoothing = 0 }: Omit<CrossEntropySettings, 'kind' | 'hardPixels'>,
): Value {
  const { logits, labels } = inputs;
  const [plain, logSumExp] = inputs.builder.addAll(
    'SoftmaxCrossEntropy',
    [logits, labels],
    {},
    { name: 'loss/cross_entropy', outputs: 2 },
  );
  let losses = plain ?? logits;
  if (labelSmoothing > 0 && logSumExp !== undefined) {
    // Against the even distribution: log(sum(exp(z))) - mean(z), from the same logits.
    const even = smoothed(inputs);
    const own = inputs.add('Mul', [losses, inputs.scalar(1 - labelSmoothing)], {});
    losses = inputs.add(
      'Add',
      [own, inputs.add('Mul', [even, inputs.scalar(labelSmoothing)], {})],
      {},
    );
  }
  if (classWeights === undefined) return losses;
  return inputs.add('Mul', [losses, weightOfPixels(inputs, classWeights)], {});
}

function smoothed(inputs: LossInputs): Value {
  const logShares = inputs.add('LogSoftmax', [inputs.logits], { axis: 1 });
  const mean = inputs.add('ReduceMean', [logShares], { axes: [1], keepdims: 0 });
  return inputs.add('Mul', [inputs.add('Neg', [mean], {}), inputs.valid], {});
}

function weightOfPixels(inputs: LossInputs, weights: readonly number[]): Value {
  const zero = inputs.builder.constant(
    { dtype: 'int64', shape: [], data: BigInt64Array.of(0n) },
    'loss/constant',
  );
  const safe = inputs.add('Max', [inputs.labels, zero], {});
  return inputs.add('Gather', [inputs.vector(weights), safe], { axis: 0 });
}

function hardest(inputs: LossInputs, losses: Value, kept: Value): Value {
  const flat = inputs.reshape(losses, [inputs.pixels]);
  const count = inputs.integers([inputs.pixels]);
  const [sorted] = inputs.builder.addAll(
    'TopK',
    [flat, count],
    { axis: 0, largest: 1, sorted: 1 },
    { name: 'loss/sorted', outputs: 2 },
  );
  const last = inputs.add('Sub', [kept, inputs.integers([1])], {});
  const threshold = inputs.add('Gather', [sorted ?? flat, last], { axis: 0 });
  const above = inputs.add('GreaterOrEqual', [flat, threshold], {});
  const mask = inputs.add('Cast', [above], { to: 1 });
  const held = inputs.add('Mul', [flat, mask], {});
  const nonZero = inputs.add('Cast', [inputs.add('Greater', [held, inputs.scalar(0)], {})], {
    to: 1,
  });
  return inputs.ratio(inputs.sum(held), inputs.sum(nonZero), leastCount);
}

/** How many of a batch's pixels are kept at a step: from all down to the share, linearly. */
export function keptPixels(
  { share, rampSteps }: HardPixelSettings,
  step: number,
  pixels: number,
): number {
  const ramped = rampSteps === 0 ? 1 : Math.min(1, step / rampSteps);
  return Math.max(1, Math.floor((1 - ramped + ramped * share) * pixels));
}
