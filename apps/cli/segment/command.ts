import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import { defaultModel } from '../../../src/catalog/index.js';
import type { Fit, Size } from '../../../src/image/index.js';
import type { Device } from '../../../src/runtime/index.js';
import type { TileOptions } from '../../../src/segment/tiles.js';
import { crfOption, crfParametersOption } from '../crf/crf-options.js';
import type { CrfFlags } from '../crf/parameter-values.js';
import { type ExitCode, exitCodeHelp } from '../exit-code.js';
import {
  deviceOption,
  fitOption,
  flipOption,
  modelKinds,
  outputStrideOption,
  scalesOption,
  sizeOption,
  threadsOption,
  tileOption,
  wholeNumber,
} from '../option-values.js';
import { type OutputKind, outputKinds } from './outputs.js';

interface SegmentFlags extends CrfFlags {
  readonly model: string;
  readonly out: string;
  readonly save: readonly OutputKind[];
  readonly labels?: string;
  readonly fit?: Fit;
  readonly size?: Size;
  readonly outputStride?: number;
  readonly scales?: readonly number[];
  readonly flip?: boolean;
  readonly tile?: TileOptions | true;
  readonly device: Device;
  readonly threads?: number;
  readonly maxPixels?: number;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** `atrous segment`. */
export function segmentCommand(end: (code: ExitCode) => void): Command {
  return new Command('segment')
    .description('Assign a class to every pixel of pictures.')
    .argument('<input...>', 'files, folders, patterns such as "photos/*.jpg", or - for stdin')
    .option('-m, --model <model>', modelKinds, defaultModel)
    .option('-o, --out <folder>', 'where the results go', 'atrous-out')
    .addOption(
      new Option('--save <kinds>', `any of ${outputKinds.join(', ')}, separated by commas`)
        .argParser(parseKinds)
        .default(['overlay', 'mask', 'json'], 'overlay,mask,json'),
    )
    .option('--labels <file>', 'class names, one a line, for models that bring none')
    .addOption(fitOption())
    .addOption(sizeOption())
    .addOption(outputStrideOption())
    .addOption(scalesOption())
    .addOption(flipOption())
    .addOption(tileOption())
    .addOption(crfOption())
    .addOption(crfParametersOption())
    .addOption(deviceOption())
    .addOption(threadsOption())
    .option(
      '--max-pixels <n>',
      'refuse larger pictures (default: 100000000)',
      wholeNumber(1, Number.MAX_SAFE_INTEGER),
    )
    .option('--force', 'replace outputs that another command made')
    .option('--json', 'print a JSON object a line for each picture, and nothing else, on stdout')
    .addHelpText('after', help)
    .action(async (inputs: readonly string[], flags: SegmentFlags) => {
      const { model, labels: labelsFile, fit, size, outputStride, maxPixels } = flags;
      const { scales, flip, tile } = flags;
      // Loaded only now, so that help comes at once.
      const { readLabels } = await import('./labels-file.js');
      const { crfOfFlags } = await import('../crf/parameter-values.js');
      const { segment } = await import('./run.js');
      const crf = await crfOfFlags(flags);
      end(
        await segment(inputs, {
          model,
          outputFolder: flags.out,
          save: flags.save,
          ...(labelsFile === undefined ? {} : { labelsFile, labels: await readLabels(labelsFile) }),
          ...(fit === undefined ? {} : { fit }),
          ...(size === undefined ? {} : { size }),
          ...(outputStride === undefined ? {} : { outputStride }),
          ...(scales === undefined ? {} : { scales }),
          ...(flip === undefined ? {} : { flip }),
          ...(tile === undefined ? {} : { tile }),
          ...(crf === undefined ? {} : { crf }),
          ...(maxPixels === undefined ? {} : { maxPixels }),
          device: flags.device,
          threads: flags.threads ?? availableParallelism(),
          force: flags.force === true,
          json: flags.json === true,
        }),
      );
    });
}

function parseKinds(text: string): readonly OutputKind[] {
  const words = text.split(',').map((word) => word.trim());
  const chosen = outputKinds.filter((kind) => words.includes(kind));
  if (words.every((word) => outputKinds.some((kind) => kind === word))) return chosen;
  throw new InvalidArgumentError(
    `Expected some of ${outputKinds.join(', ')}, with commas between.`,
  );
}

const help = `
For each picture NAME.jpg the output folder gets
  NAME.overlay.png        the picture with its classes tinted, and a legend
  NAME.mask.png           palette PNG whose pixel values are the class indices
  NAME.json               labels, each class's share of pixels and bounding box, timings
  NAME.probabilities.npy  float32 [classes, height, width], for numpy.load

Inputs of equal name get their folder in front: pets-cat.mask.png, home-cat.mask.png. An output
that exists is replaced where the same command made it (same picture, model, labels, fit, size,
output stride, scales, flip, tiles, CRF and device; the folder's .atrous.json remembers), or with --force.

With --crf, everything but the timings is that of the refined result, probabilities too. The CRF's
parameters are called as in the papers: bi_w, bi_xy_std, bi_rgb_std, pos_w, pos_xy_std, iterations.
Those that suit a model best are found by "atrous crf search".

Folders are searched with their subfolders, except for hidden files and earlier overlays and masks.
With --json, a picture that fails has a line with "image" and "error".

${exitCodeHelp}

Examples:
  atrous segment cat.jpg
  atrous segment drive -m street -o out --save mask
  atrous segment "photos/2024-*/*.jpg" -m deeplab.onnx --labels names.txt --size 513x513
  atrous segment cat.jpg --scales 0.75,1,1.25 --flip
  atrous segment cat.jpg --crf-parameters bi_w=5,bi_rgb_std=10,pos_xy_std=3
  curl -s https://example.org/cat.jpg | atrous segment - --json | jq .classes`;
