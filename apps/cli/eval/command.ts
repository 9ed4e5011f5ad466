import { Command, InvalidArgumentError, Option } from 'commander';
import type { Arithmetic } from '../../../src/convert/tflite/tflite-to-graph.js';
import { OptionError } from '../../../src/core/errors.js';
import {
  type SubmissionFormat,
  submissionFormats,
} from '../../../src/evaluate/submission-formats.js';
import type { Fit, Size } from '../../../src/image/index.js';
import type { Device } from '../../../src/runtime/index.js';
import type { TileOptions } from '../../../src/segment/tiles.js';
import { crfOption, crfParametersOption } from '../crf/crf-options.js';
import type { CrfFlags } from '../crf/parameter-values.js';
import { classesOption, datasetOption, splitOption } from '../evaluation-options.js';
import { type ExitCode, exitCodeHelp } from '../exit-code.js';
import {
  arithmeticOption,
  deviceOption,
  fitOption,
  flipOption,
  modelKinds,
  outputStrideOption,
  parseNumbers,
  scalesOption,
  sizeOption,
  threadsOption,
  tileOption,
  wholeNumber,
} from '../option-values.js';

interface EvalFlags extends CrfFlags {
  readonly model: string;
  readonly dataset: string;
  readonly split?: string;
  readonly limit?: number;
  readonly classes?: readonly string[];
  readonly boundary?: readonly number[];
  readonly scales?: readonly number[];
  readonly flip?: boolean;
  readonly tile?: TileOptions | true;
  readonly fit?: Fit;
  readonly size?: Size;
  readonly outputStride?: number;
  readonly arithmetic?: Arithmetic;
  readonly device: Device;
  readonly threads?: number;
  readonly savePredictions?: string;
  readonly format?: SubmissionFormat;
  readonly confusionPng?: string;
  readonly json?: boolean;
}

/** `atrous eval`. */
export function evalCommand(end: (code: ExitCode) => void): Command {
  return new Command('eval')
    .description('Measure a model on a labelled data set.')
    .requiredOption('-m, --model <model>', modelKinds)
    .addOption(datasetOption())
    .addOption(splitOption())
    .option('--limit <n>', 'the first n pictures only', wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .addOption(classesOption())
    .option('--boundary <widths>', 'also score bands along boundaries, in pixels', parseWidths)
    .addOption(scalesOption())
    .addOption(flipOption())
    .addOption(tileOption())
    .addOption(crfOption())
    .addOption(crfParametersOption())
    .addOption(fitOption())
    .addOption(sizeOption())
    .addOption(outputStrideOption())
    .addOption(arithmeticOption())
    .addOption(deviceOption())
    .addOption(threadsOption())
    .option('--save-predictions <folder>', 'write the predicted label maps')
    .addOption(
      new Option('--format <name>', 'how predictions are written (default: voc)').choices(
        submissionFormats,
      ),
    )
    .option('--confusion-png <file>', 'draw the confusion matrix')
    .option('--json', 'print a JSON object, and nothing else, on stdout')
    .addHelpText('after', help)
    .action(async (flags: EvalFlags) => {
      const { savePredictions, format, confusionPng, json, ...own } = flags;
      const { crf: wanted, crfParameters, ...options } = own;
      if (format !== undefined && savePredictions === undefined) {
        throw new OptionError({
          place: '--format',
          problem: 'it says how predictions are written, and none are',
          fix: 'add --save-predictions FOLDER',
        });
      }
      const { crfOfFlags } = await import('../crf/parameter-values.js');
      const { runEval } = await import('./run.js');
      const crf = await crfOfFlags({ crf: wanted, crfParameters });
      const folder = savePredictions;
      end(
        await runEval(
          {
            ...options,
            ...(crf === undefined ? {} : { crf }),
            ...(folder === undefined ? {} : { predictions: { folder, format: format ?? 'voc' } }),
          },
          { json: json === true, ...(confusionPng === undefined ? {} : { confusionPng }) },
        ),
      );
    });
}

function parseWidths(text: string): readonly number[] {
  const widths = parseNumbers(text);
  if (widths.every((width) => width >= 1)) return widths;
  throw new InvalidArgumentError('Expected pixels with commas between, such as 1,2,5,10.');
}

const help = `
Every picture is fitted to the model's input (padding is mid-grey, at the right and the bottom); its
label map, at the picture's own size, is compared with the truth.
  mIoU            mean over the scored classes that occur in truth or prediction, as in TensorFlow
  accuracy        share of a class's true pixels that were found; precision of its predictions
  boundary bands  pixels at most so far from one of another label or void (trimap protocol)

With --crf, the network's own predictions are measured as well, on the same run.

Predictions: voc writes ID.png, palette PNGs of class indices; cityscapes writes
ID_leftImg8bit.png, grey PNGs of label ids. Files of these names are replaced.

With --json, mIoU and the other shares are from 0 to 1, null where there is nothing to measure;
confusionMatrix has a row for each true class and a column for each predicted one, in pixels.
beforeCrf has the same figures without the CRF.

${exitCodeHelp}

Examples:
  atrous eval -m deeplabv3.tflite -d VOCdevkit/VOC2012
  atrous eval -m deeplabv3.tflite -d pets --classes background,cat,dog --boundary 1,2,5,10
  atrous eval -m deeplab.onnx -d cityscapes --size 1025x513 --scales 0.75,1,1.25 --flip
  atrous eval -m deeplab.onnx -d cityscapes --split test --save-predictions out --format cityscapes
  atrous eval -m voc -d pets --crf-parameters bi_w=4,bi_xy_std=65,pos_w=2,pos_xy_std=2
  atrous eval -m deeplabv3.tflite -d camvid --json | jq .mIoU`;
