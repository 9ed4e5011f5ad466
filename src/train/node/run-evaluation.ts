import type { RgbImage } from '../../image/index.js';
import { nodeRuntime } from '../../runtime/node/index.js';
import { inferenceWeights } from '../../weights/checkpoint.js';
import { runCheckpoint } from '../run-checkpoint.js';
import { evaluateCheckpoint } from './evaluate-checkpoint.js';
import type { EvaluationEntry } from './journal.js';
import type { OpenRun } from './open-run.js';

/** An evaluation as it is logged, with pictures of predictions. */
export interface RunEvaluation {
  readonly entry: EvaluationEntry;
  readonly pictures: ReadonlyMap<string, RgbImage>;
}

/**
 * Evaluates a run where it stands, by its moving averages where it keeps them.
 *
 * @returns undefined where the signal stopped it, or where the run has nothing to evaluate on.
 */
export async function evaluateRun(
  run: OpenRun,
  signal: AbortSignal | undefined,
  step: ((done: number, images: number) => void) | undefined,
): Promise<RunEvaluation | undefined> {
  const { trainer, validation, config, session } = run;
  if (validation === undefined) return undefined;
  const start = performance.now();
  const { metadata, tensors } = runCheckpoint(run, trainer.state, trainer.steps);
  // Without what only training needs.
  const checkpoint = { metadata, tensors: inferenceWeights({ tensors }) };
  try {
    const { report, pictures } = await evaluateCheckpoint(validation, checkpoint, {
      config,
      // In a thread of its own, so that pictures are read and compared meanwhile.
      runtime: nodeRuntime({ worker: true }),
      session,
      ...(signal === undefined ? {} : { signal }),
      ...(step === undefined ? {} : { step }),
    });
    const { mIoU, pixelAccuracy, classAccuracy, frequencyWeightedIoU, perClass, images } = report;
    const seconds = Number(((performance.now() - start) / 1000).toPrecision(4));
    return {
      entry: {
        step: trainer.steps,
        evaluation: {
          mIoU: numberOrNull(mIoU),
          pixelAccuracy: numberOrNull(pixelAccuracy),
          classAccuracy: numberOrNull(classAccuracy),
          frequencyWeightedIoU: numberOrNull(frequencyWeightedIoU),
          perClass: Object.fromEntries(
            perClass.map(({ label, iou }) => [label, numberOrNull(iou)]),
          ),
          images,
        },
        seconds,
      },
      pictures,
    };
  } catch (error) {
    if (signal?.aborted === true) return undefined;
    throw error;
  }
}

function numberOrNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
