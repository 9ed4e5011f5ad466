import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Fit, Size } from '../../../src/image/index.js';
import type { Device } from '../../../src/runtime/index.js';
import { type ExitCode, exitCodeHelp } from '../exit-code.js';
import {
  deviceOption,
  modelKinds,
  outputStrideOption,
  sizeOption,
  wholeNumber,
} from '../option-values.js';
import { type OutputKind, outputKinds } from './outputs.js';

interface SegmentFlags {
  readonly model: string;
  readonly out: string;
  readonly save: readonly OutputKind[];
  readonly labels?: string;
  readonly fit?: Fit;
  readonly size?: Size;
  readonly outputStride?: number;
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
    .requiredOption('-m, --model <file>', modelKinds)
    .option('-o, --out <folder>', 'where the results go', 'atrous-out')
    .addOption(
      new Option('--save <kinds>', `any of ${outputKinds.join(', ')}, separated by commas`)
        .argParser(parseKinds)
        .default(['overlay', 'mask', 'json'], 'overlay,mask,json'),
    )
    .option('--labels <file>', 'class names, one a line, for models that bring none')
    .addOption(
      new Option(
        '--fit <how>',
        'bring pictures to the input size with padding or by stretching (default: as the model says, else pad)',
      ).choices(['pad', 'stretch'] satisfies Fit[]),
    )
    .addOption(sizeOption())
    .addOption(outputStrideOption())
    .addOption(deviceOption())
    .option('--threads <n>', 'processor cores to use (default: all)', wholeNumber(1, 1024))
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
      // Loaded only now, so that help comes at once.
      const { readLabels } = await import('./labels-file.js');
      const { segment } = await import('./run.js');
      end(
        await segment(inputs, {
          model,
          outputFolder: flags.out,
          save: flags.save,
          ...(labelsFile === undefined ? {} : { labelsFile, labels: await readLabels(labelsFile) }),
          ...(fit === undefined ? {} : { fit }),
          ...(size === undefined ? {} : { size }),
          ...(outputStride === undefined ? {} : { outputStride }),
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
output stride and device; the folder's .atrous.json remembers), or with --force.

Folders are searched with their subfolders, except for hidden files and earlier overlays and masks.
With --json, a picture that fails has a line with "image" and "error".

${exitCodeHelp}

Examples:
  atrous segment cat.jpg -m deeplabv3.tflite
  atrous segment photos -m deeplab.onnx -o out --save mask
  atrous segment "photos/2024-*/*.jpg" -m deeplab.onnx --labels names.txt --size 513x513
  curl -s https://example.org/cat.jpg | atrous segment - -m deeplabv3.tflite --json | jq .classes`;
