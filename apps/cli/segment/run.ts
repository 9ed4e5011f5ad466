import { basename, join } from 'node:path';
import { OptionError } from '../../../src/core/errors.js';
import type { ExitCode } from '../exit-code.js';
import { interruptible } from '../interrupt.js';
import { counted } from '../table.js';
import { expandInputs } from './inputs.js';
import { Lanes, type Outcome } from './lanes/lanes.js';
import type { LaneSettings, OpenModel, PictureJob } from './lanes/protocol.js';
import { type OutputFolder, openOutputFolder } from './output-folder.js';
import { type PlannedPicture, planOutputs } from './plan.js';
import { OutputRecord } from './record.js';
import { labelSourceText } from './report.js';
import { ResultPrinter } from './result-printer.js';
import { identityOf, type SegmentSettings } from './settings.js';
import { readStdin } from './stdin.js';

/**
 * Segments all pictures that the arguments stand for.
 *
 * @throws Error whose message is one line, where nothing can start.
 */
export async function segment(
  args: readonly string[],
  settings: SegmentSettings,
): Promise<ExitCode> {
  const expansion = await expandInputs(args);
  const record = new OutputRecord(settings.outputFolder, identityOf(settings));
  const { pictures, refusals } = planOutputs(expansion.inputs, settings, record);
  const results = new ResultPrinter(pictures.length, settings.json);
  try {
    const failures = [...expansion.failures, ...refusals];
    for (const failure of failures) results.refuse(failure);
    if (pictures.length === 0) return 2;
    const jobs = await Promise.all(pictures.map((picture) => jobOf(picture, settings)));
    const lanes = await Lanes.open(laneSettings(settings), jobs.length);
    try {
      requireProbabilities(lanes.model, settings);
      const { outputFolder } = settings;
      const folder = openOutputFolder(outputFolder, record, pictures, process.pid);
      const failed = await runJobs(jobs, lanes, folder, results, settings, failures.length);
      return failures.length + failed === 0 ? 0 : 1;
    } finally {
      await lanes.close();
    }
  } finally {
    results.close();
  }
}

/** Runs the jobs and prints what becomes of them. @returns how many failed */
async function runJobs(
  jobs: readonly PictureJob[],
  lanes: Lanes,
  folder: OutputFolder,
  results: ResultPrinter,
  settings: SegmentSettings,
  failedBefore: number,
): Promise<number> {
  const start = performance.now();
  if (!settings.json) results.say(modelLine(lanes.model, settings));
  let done = 0;
  const take = (index: number, outcome: Outcome): void => {
    if (outcome.kind === 'done') done++;
    results.take(index, jobs[index]?.image ?? '', outcome);
  };
  await interruptible(async (stop) => {
    await lanes.run(jobs, take, stop);
    folder.settle();
    if (stop.aborted) results.close();
  });
  const failed = jobs.length - done;
  if (!settings.json) {
    const milliseconds = performance.now() - start;
    results.say(closingLine(done, failedBefore + failed, milliseconds, settings));
  }
  return failed;
}

async function jobOf(
  { input, outputs }: PlannedPicture,
  { outputFolder }: SegmentSettings,
): Promise<PictureJob> {
  const paths = Object.entries(outputs).map(([kind, name]) => [kind, join(outputFolder, name)]);
  return {
    image: input.path,
    ...(input.kind === 'stdin' ? { bytes: await readStdin() } : {}),
    files: Object.fromEntries(paths),
  };
}

function laneSettings(settings: SegmentSettings): LaneSettings {
  const { model, labels, fit, size, outputStride, crf, maxPixels, device, threads } = settings;
  const { scales, flip, tile } = settings;
  return {
    model,
    ...(labels === undefined ? {} : { labels }),
    ...(fit === undefined ? {} : { fit }),
    ...(size === undefined ? {} : { size }),
    ...(outputStride === undefined ? {} : { outputStride }),
    ...(scales === undefined ? {} : { scales }),
    ...(flip === undefined ? {} : { flip }),
    ...(tile === undefined ? {} : { tile }),
    ...(crf === undefined ? {} : { crf }),
    ...(maxPixels === undefined ? {} : { maxPixels }),
    device,
    threads,
    run: process.pid,
  };
}

function requireProbabilities(model: OpenModel, { save }: SegmentSettings): void {
  if (model.givesProbabilities || !save.includes('probabilities')) return;
  throw new OptionError({
    place: '--save probabilities',
    problem: `${basename(model.file)} gives class indices only`,
    fix: 'leave probabilities out',
  });
}

function modelLine(
  { file, labels, labelSource, inputSize }: OpenModel,
  { crf, scales, flip, tile }: SegmentSettings,
): string {
  const classes = `${labels.length} classes, ${labelSourceText(labelSource)}`;
  const input = `input ${inputSize.width}x${inputSize.height}`;
  const more = [
    ...(scales === undefined ? [] : [`scales ${scales.join(', ')}`]),
    ...(flip === true ? ['flip'] : []),
    ...(tile === undefined ? [] : ['tiles']),
    ...(crf === undefined ? [] : ['dense CRF']),
  ];
  return `${basename(file)}: ${[classes, input, ...more].join('; ')}`;
}

function closingLine(
  done: number,
  failed: number,
  milliseconds: number,
  settings: SegmentSettings,
): string {
  const seconds = milliseconds / 1000;
  const rate = done > 1 ? ` (${(done / seconds).toFixed(1)}/s)` : '';
  const kinds = settings.save.join(', ');
  const count = `${counted(done, 'picture')}${failed > 0 ? `, ${failed} failed,` : ''}`;
  return `${count} in ${seconds.toFixed(2)} s${rate}: ${kinds} in ${settings.outputFolder}`;
}
