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
import { type ExitCode, exitCodeHelp } from '../exit-code.js';
import {
  deviceOption,
  modelKinds,
  outputStrideOption,
  sizeOption,
  wholeNumber,
} from '../option-values.js';

interface EvalFlags {
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
    .requiredOption('-m, --model <file>', modelKinds)
    .requiredOption('-d, --dataset <folder>', 'data set: VOC, Cityscapes, ADE20K, CamVid, …')
    .option('--split <name>', 'split of the data set (default: its only one, else val)')
    .option('--limit <n>', 'the first n pictures only', wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .option(
      '--classes <names>',
      'score these classes only and ignore pixels of all others',
      parseNames,
    )
    .option('--boundary <widths>', 'also score bands along boundaries, in pixels', parseWidths)
    .option('--scales <factors>', 'average over these scales of the input', parseScales)
    .option('--flip', 'average over the mirrored picture too')
    .option(
      '--tile [overlap]',
      'cut pictures larger than the input into tiles that overlap by so many pixels (default: a quarter of the input)',
      (text: string): TileOptions => ({ overlap: wholeNumber(0, 65_535)(text) }),
    )
    .addOption(
      new Option(
        '--fit <how>',
        'bring pictures to the input size with padding or by stretching (default: as the model says, else pad)',
      ).choices(['pad', 'stretch'] satisfies Fit[]),
    )
    .addOption(sizeOption())
    .addOption(outputStrideOption())
    .addOption(
      new Option(
        '--arithmetic <kind>',
        'compute 8-bit files in integers or as real numbers (default: integer)',
      ).choices(['integer', 'real'] satisfies Arithmetic[]),
    )
    .addOption(deviceOption())
    .option('--threads <n>', 'processor cores to use (default: all)', wholeNumber(1, 1024))
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
      const { savePredictions, format, confusionPng, json, ...options } = flags;
      if (format !== undefined && savePredictions === undefined) {
        throw new OptionError({
          place: '--format',
          problem: 'it says how predictions are written, and none are',
          fix: 'add --save-predictions FOLDER',
        });
      }
      const { runEval } = await import('./run.js');
      const folder = savePredictions;
      end(
        await runEval(
          {
            ...options,
            ...(folder === undefined ? {} : { predictions: { folder, format: format ?? 'voc' } }),
          },
          { json: json === true, ...(confusionPng === undefined ? {} : { confusionPng }) },
        ),
      );
    });
}

function parseNames(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.every((name) => name !== '')) return names;
  throw new InvalidArgumentError('Expected class names with commas between.');
}

function parseNumbers(text: string): readonly number[] {
  return text.split(',').map((each) => (each.trim() === '' ? Number.NaN : Number(each)));
}

function parseScales(text: string): readonly number[] {
  const scales = parseNumbers(text);
  if (scales.every((scale) => scale > 0)) return scales;
  throw new InvalidArgumentError('Expected factors with commas between, such as 0.5,1,1.5.');
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

Predictions: voc writes ID.png, palette PNGs of class indices; cityscapes writes
ID_leftImg8bit.png, grey PNGs of label ids. Files of these names are replaced.

With --json, mIoU and the other shares are from 0 to 1, null where there is nothing to measure;
confusionMatrix has a row for each true class and a column for each predicted one, in pixels.

${exitCodeHelp}

Examples:
  atrous eval -m deeplabv3.tflite -d VOCdevkit/VOC2012
  atrous eval -m deeplabv3.tflite -d pets --classes background,cat,dog --boundary 1,2,5,10
  atrous eval -m deeplab.onnx -d cityscapes --size 1025x513 --scales 0.75,1,1.25 --flip
  atrous eval -m deeplab.onnx -d cityscapes --split test --save-predictions out --format cityscapes
  atrous eval -m deeplabv3.tflite -d camvid --json | jq .mIoU`;
