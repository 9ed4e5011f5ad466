import { drawConfusion } from '../../../src/evaluate/confusion-picture/confusion-picture.js';
import type { EvaluationReport } from '../../../src/evaluate/index.js';
import { type EvaluateOptions, evaluate } from '../../../src/evaluate/node/index.js';
import { encodeOverlayPng, sharpTextRasteriser } from '../../../src/image/node/index.js';
import type { ExitCode } from '../exit-code.js';
import { interruptible } from '../interrupt.js';
import { checkWritable, writeTogether } from '../segment/atomic-files.js';
import { Screen } from '../segment/screen.js';
import { evaluationJson } from './json.js';
import { evaluationText, openingLine } from './text.js';

/** What is printed and drawn of an evaluation. */
export interface EvalOutput {
  readonly json: boolean;
  readonly confusionPng?: string;
}

/**
 * Evaluates a model and prints what was found.
 *
 * @throws AtrousError where nothing can start, or every picture failed.
 */
export async function runEval(options: EvaluateOptions, output: EvalOutput): Promise<ExitCode> {
  if (output.confusionPng !== undefined) checkWritable(output.confusionPng);
  return interruptible(async (signal) => {
    let screen: Screen | undefined;
    try {
      const result = await evaluate(options, {
        started: (parts) => {
          screen = new Screen(parts.images);
          if (!output.json) screen.print(openingLine(options, parts));
        },
        step: (failure) => {
          if (failure !== undefined) screen?.complain(failure);
          screen?.step();
        },
        signal,
      });
      screen?.close();
      if (output.confusionPng !== undefined && result.report !== undefined) {
        await writeConfusion(result.report, output.confusionPng);
      }
      const lines = output.json
        ? [JSON.stringify(evaluationJson(options, result))]
        : evaluationText(options, result, output.confusionPng);
      process.stdout.write(`${lines.join('\n')}\n`);
      return result.failures.length === 0 ? 0 : 1;
    } finally {
      screen?.close();
    }
  });
}

async function writeConfusion(report: EvaluationReport, path: string): Promise<void> {
  const image = await drawConfusion(report, sharpTextRasteriser());
  writeTogether([{ path, data: await encodeOverlayPng(image) }], process.pid);
}
