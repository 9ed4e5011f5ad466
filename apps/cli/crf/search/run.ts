import { searchCrf } from '../../../../src/evaluate/node/index.js';
import type { ExitCode } from '../../exit-code.js';
import { interruptible } from '../../interrupt.js';
import { checkWritable, writeTogether } from '../../segment/atomic-files.js';
import { Screen } from '../../segment/screen.js';
import { searchJson } from './json.js';
import type { CrfSearchSettings } from './settings.js';
import { closingLines, openingLine, stepLine, trialLine } from './text.js';

/**
 * Searches the parameters of the dense CRF and prints what was found.
 *
 * @throws AtrousError where nothing can start, no picture can be used, or a trial fails.
 */
export async function runCrfSearch(settings: CrfSearchSettings): Promise<ExitCode> {
  const { out, json, ...options } = settings;
  if (out !== undefined) checkWritable(out);
  let screen: Screen | undefined;
  const say = (line: string): void => {
    if (!json) screen?.print(line);
  };
  let best = Number.NEGATIVE_INFINITY;
  try {
    const result = await interruptible((signal) =>
      searchCrf(options, {
        signal,
        started: (parts) => {
          screen = new Screen(parts.images);
          say(openingLine(options, parts));
        },
        scored: (failure) => {
          if (failure !== undefined) screen?.complain(failure);
          screen?.step();
        },
        step: (step, images, withoutCrf) => {
          screen?.close();
          screen = new Screen(step.trials * images);
          say(stepLine(step, withoutCrf));
        },
        tried: (trials) => screen?.step(trials),
        trial: (trial) => {
          if (trial.score <= best) return;
          best = trial.score;
          say(trialLine(trial));
        },
      }),
    );
    screen?.close();
    const object = searchJson(options, result);
    if (out !== undefined) {
      const data = `${JSON.stringify(object, undefined, 2)}\n`;
      writeTogether([{ path: out, data }], process.pid);
    }
    const lines = json ? [JSON.stringify(object)] : closingLines(result, out);
    process.stdout.write(`${lines.join('\n')}\n`);
    return result.failures.length === 0 ? 0 : 1;
  } finally {
    screen?.close();
  }
}
