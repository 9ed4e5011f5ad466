import { elementCount } from '../../../src/core/tensor.js';
import type { TrainConfig } from '../../../src/train/index.js';
import type {
  EvaluationEntry,
  OpenRun,
  StepEntry,
  TrainResult,
} from '../../../src/train/node/index.js';
import { counted, formatCount } from '../table.js';

/** What is told of a run at its start. */
type Opened = Pick<OpenRun, 'config' | 'training' | 'parameters' | 'resumed' | 'first'> & {
  readonly trainer: { readonly steps: number };
  readonly folder: { readonly path: string };
};

/** What is about to be trained, on what. */
export function openingLines(run: Opened, resume: boolean): readonly string[] {
  const { config, training, parameters, trainer, folder } = run;
  const { network, crop, batchSize, auxiliary } = config;
  const count = parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  const rates = network.atrousRates.length > 0 ? ` with rates ${network.atrousRates.join()}` : '';
  const { scales, merge } = network.imagePyramid;
  const pyramid = `${scales}` === '1' ? '' : `, scales ${scales.join(', ')} (${merge})`;
  return [
    `${training.name}, split ${training.split}: ${counted(training.size, 'image')}, ` +
      `${training.labels.length} classes; batches of ${batchSize} at ${crop.width}x${crop.height}`,
    `${network.backbone} x ${network.depthMultiplier}, output stride ${network.outputStride}, ` +
      `${network.head} head${rates}${pyramid}: ${formatCount(count)} parameters`,
    ...(auxiliary === undefined ? [] : [`auxiliary loss of weight ${auxiliary.weight}`]),
    ...(run.first === undefined ? [] : [firstWeightsLine(run.first, config.seed)]),
    ...(run.resumed
      ? [`goes on after step ${trainer.steps} of ${config.steps}`]
      : resume
        ? [`no checkpoint in ${folder.path} yet: starts at the first step`]
        : []),
  ];
}

/** Layers that are named in a line of text. */
const namedLayers = 8;

function firstWeightsLine(
  { file, taken, drawnLayers, measuredBatches }: NonNullable<Opened['first']>,
  seed: number,
): string {
  if (file === undefined) return `first weights: random, from seed ${seed}`;
  const measured =
    measuredBatches === 0
      ? ''
      : `, batch norm measured on ${counted(measuredBatches, 'batch', 'batches')}`;
  const rest = drawnLayers.length - namedLayers;
  const names = drawnLayers.slice(0, namedLayers).join(', ');
  const drawn = names === '' ? '' : `; drawn anew: ${names}${rest > 0 ? ` and ${rest} more` : ''}`;
  return `first weights: ${counted(taken, 'tensor')} of ${file}${measured}${drawn}`;
}

/** A step on one line. */
export function stepLine({ step, loss, learningRate, imagesPerSecond }: StepEntry): string {
  const rate = Number(learningRate.toPrecision(3));
  return `step ${step}: loss ${loss.toFixed(4)}, learning rate ${rate}, ${imagesPerSecond.toFixed(1)} images/s`;
}

/** An evaluation on one line. */
export function evaluationLine({ step, evaluation }: EvaluationEntry, isBest: boolean): string {
  const { mIoU, pixelAccuracy, images } = evaluation;
  return (
    `step ${step}: mIoU ${percent(mIoU)}, pixel accuracy ${percent(pixelAccuracy)} on ` +
    `${counted(images, 'image')}${isBest ? ', the best so far' : ''}`
  );
}

/** How a run ended. */
export function closingLine(
  { steps, complete, bestScore }: TrainResult,
  { output }: TrainConfig,
): string {
  if (!complete) return `stopped after step ${steps}; --resume goes on from ${output}`;
  const best = bestScore < 0 ? '' : `; best mIoU ${percent(bestScore)}`;
  return `${counted(steps, 'step')} done${best}; checkpoints in ${output}`;
}

function percent(share: number | null): string {
  return share === null ? '–' : `${(100 * share).toFixed(2)} %`;
}
