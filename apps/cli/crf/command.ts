import { Command, Option } from 'commander';
import type { Arithmetic } from '../../../src/convert/tflite/tflite-to-graph.js';
import type { Fit, Size } from '../../../src/image/index.js';
import type { Device } from '../../../src/runtime/index.js';
import { classesOption, datasetOption, splitOption } from '../evaluation-options.js';
import { type ExitCode, exitCodeHelp } from '../exit-code.js';
import {
  arithmeticOption,
  deviceOption,
  fitOption,
  flipOption,
  modelKinds,
  outputStrideOption,
  scalesOption,
  sizeOption,
  threadsOption,
  wholeNumber,
} from '../option-values.js';

interface SearchFlags {
  readonly model: string;
  readonly dataset: string;
  readonly split?: string;
  readonly pictures: number;
  readonly classes?: readonly string[];
  readonly ranges?: string;
  readonly fixed?: string;
  readonly refinements: number;
  readonly scales?: readonly number[];
  readonly flip?: boolean;
  readonly fit?: Fit;
  readonly size?: Size;
  readonly outputStride?: number;
  readonly arithmetic?: Arithmetic;
  readonly device: Device;
  readonly threads?: number;
  readonly out?: string;
  readonly json?: boolean;
}

/** `atrous crf`. */
export function crfCommand(end: (code: ExitCode) => void): Command {
  const search = new Command('search')
    .description("Find the dense CRF's parameters that suit a model best, as the papers did.")
    .requiredOption('-m, --model <model>', modelKinds)
    .addOption(datasetOption())
    .addOption(splitOption())
    .option(
      '--pictures <n>',
      'how many pictures to search on, spread evenly over the split',
      wholeNumber(1, Number.MAX_SAFE_INTEGER),
      100,
    )
    .addOption(classesOption())
    .option(
      '--ranges <list>',
      'values of the first step: deeplabv1, deeplabv2, or such as bi_w=3:6,bi_xy_std=30:10:100 (default: deeplabv2)',
    )
    .option('--fixed <list>', 'the other parameters (default: pos_w=3,pos_xy_std=3,iterations=10)')
    .option('--refinements <n>', 'how often to halve the steps', wholeNumber(0, 8), 1)
    .addOption(scalesOption())
    .addOption(flipOption())
    .addOption(fitOption())
    .addOption(sizeOption())
    .addOption(outputStrideOption())
    .addOption(arithmeticOption())
    .addOption(deviceOption())
    .addOption(threadsOption())
    .addOption(new Option('-o, --out <file>', 'write the result as JSON, for --crf-parameters'))
    .option('--json', 'print a JSON object, and nothing else, on stdout')
    .addHelpText('after', help)
    .action(async (flags: SearchFlags) => {
      const { ranges, fixed, json, ...options } = flags;
      const { parseRanges } = await import('./search/ranges.js');
      const { parseFixed } = await import('./search/fixed.js');
      const chosen = {
        ...(ranges === undefined ? {} : { ranges: parseRanges(ranges) }),
        ...(fixed === undefined ? {} : { fixed: parseFixed(fixed) }),
      };
      const { runCrfSearch } = await import('./search/run.js');
      end(await runCrfSearch({ ...options, ...chosen, json: json === true }));
    });
  return new Command('crf').description('Fit the dense CRF to a model.').addCommand(search);
}

const help = `
The score is the mIoU on some pictures of the data set, which should be none that the score of the
model is stated on. A first step tries all combinations of the ranges, a second one half steps around
the best values; the smoothing term stays as it is. The network looks at each picture once. Of the
about 150 trials on the papers' ranges, each refines all pictures: begin with few, such as 20.

  bi_w        weight of the term that asks near pixels of similar colour for the same class
  bi_xy_std   standard deviation of its positions, in pixels
  bi_rgb_std  standard deviation of its colours, in levels of 0 to 255
  pos_w       weight of the term that asks near pixels for the same class
  pos_xy_std  standard deviation of its positions, in pixels

Ranges are FIRST:STEP:LAST, FIRST:LAST in steps of 1, or one value. With --json, mIoU is from 0 to 1.

${exitCodeHelp}

Examples:
  atrous crf search -m deeplab.onnx -d VOCdevkit -o crf.json
  atrous crf search -m deeplab.onnx -d pets --pictures 20 --ranges bi_w=4,bi_xy_std=40:20:80
  atrous eval -m deeplab.onnx -d VOCdevkit --crf-parameters crf.json`;
