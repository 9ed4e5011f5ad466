import { int64 } from '../../core/tensor.js';
import type { GraphBuilder } from '../../graph/builder.js';
import type { Value } from '../../graph/graph.js';
import { onnxDtypes } from '../../graph/onnx-dtype.js';
import type { LossInputs } from './loss-inputs.js';

/**
 * Which pixels a network learns from its teacher.
 *
 * - `all`: every one.
 * - `unlabelled`: those that the labels leave out.
 * - `agreeing`: those, and where teacher and label name the same class.
 */
export const distilledPixels = ['all', 'unlabelled', 'agreeing'] as const;

/** How a network learns from another one's scores. */
export interface DistillationSettings {
  /** Factor in the sum of losses. */
  readonly weight: number;
  /** Divides both networks' scores: above 1, the teacher's lesser classes count more. */
  readonly temperature: number;
  readonly pixels: (typeof distilledPixels)[number];
}

/**
 * The divergence of a network's class probabilities from its teacher's, T^2 sum p log(p / q), as a
 * mean over pixels (Hinton, Vinyals and Dean 2015, "Distilling the Knowledge in a Neural Network").
 *
 * @param inputs logits and labels of the network, at the size that they are compared at.
 * @param teacher logits of the teacher, [N, C, H, W] likewise.
 */
export function distillation(
  inputs: LossInputs,
  teacher: Value,
  { temperature, pixels }: DistillationSettings,
): Value {
  const softened = (logits: Value) =>
    temperature === 1 ? logits : inputs.add('Div', [logits, inputs.scalar(temperature)], {});
  const logShares = (logits: Value) => inputs.add('LogSoftmax', [softened(logits)], { axis: 1 });
  const wanted = logShares(teacher);
  const shares = inputs.add('Exp', [wanted], {});
  const surplus = inputs.add('Sub', [wanted, logShares(inputs.logits)], {});
  const each = inputs.sum(inputs.add('Mul', [shares, surplus], {}), [1]);
  const counted = countedPixels(inputs, teacher, pixels);
  const mean =
    counted === undefined
      ? inputs.add('ReduceMean', [each], { keepdims: 0 })
      : inputs.ratio(inputs.sum(inputs.add('Mul', [each, counted], {})), inputs.sum(counted), 1);
  return temperature === 1
    ? mean
    : inputs.add('Mul', [mean, inputs.scalar(temperature * temperature)], {});
}

/** float32 [N, H, W]: 1 where the teacher is listened to; all where there is none. */
function countedPixels(
  inputs: LossInputs,
  teacher: Value,
  pixels: DistillationSettings['pixels'],
): Value | undefined {
  if (pixels === 'all') return undefined;
  const unlabelled = inputs.add('Sub', [inputs.scalar(1), inputs.valid], {});
  if (pixels === 'unlabelled') return unlabelled;
  const named = inputs.add('ArgMax', [teacher], { axis: 1, keepdims: 0 });
  const agrees = inputs.add('Equal', [named, inputs.labels], {});
  return inputs.add(
    'Add',
    [unlabelled, inputs.add('Cast', [agrees], { to: onnxDtypes.float32 })],
    {},
  );
}

/**
 * Labels at fewer points: those pixels on which the points of a smaller grid lie, corners on
 * corners.
 *
 * @param labels [N, H, W]
 */
export function labelsAt(
  builder: GraphBuilder,
  labels: Value,
  size: readonly [height: number, width: number],
): Value {
  return size.reduce((value, points, index) => {
    const pixels = labels.shape[index + 1] ?? 1;
    if (points === pixels) return value;
    const step = points > 1 ? (pixels - 1) / (points - 1) : 0;
    const at = Array.from({ length: points }, (_, point) => Math.round(point * step));
    const positions = builder.constant(int64(at), 'distillation/positions');
    const options = { name: 'distillation/labels' };
    return builder.add('Gather', [value, positions], { axis: index + 1 }, options);
  }, labels);
}
