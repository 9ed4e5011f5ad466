import { Command, Option } from 'commander';
import { datasetFormats, labelSetNames } from '../../../src/data/node/dataset-listing.js';
import type { ExitCode } from '../exit-code.js';
import { wholeNumber } from '../option-values.js';
import type { ConvertFlags } from './convert.js';
import type { InspectFlags } from './inspect.js';

/** `atrous dataset`. */
export function datasetCommand(end: (code: ExitCode) => void): Command {
  const inspect = describedInput(new Command('inspect'))
    .description('Look for what would spoil training: read every image and label of a dataset.')
    .option('--sheet <file>', 'where the contact sheet goes (default: NAME-SPLIT-sheet.png)')
    .option('--no-sheet', 'make no contact sheet')
    .option('--json', 'print a JSON object a line for each split, and nothing else, on stdout')
    .addHelpText('after', inspectHelp)
    .action(async (path: string, flags: InspectFlags) => {
      const { inspect } = await import('./inspect.js');
      end(await inspect(path, flags));
    });
  const convert = describedInput(new Command('convert'))
    .description('Write a dataset in another layout.')
    .argument('<out>', 'folder for the result')
    .addOption(
      new Option('--to <layout>', 'SPLIT/images and SPLIT/labels, or TFRecord shards')
        .choices(['folder', 'tfrecord'])
        .makeOptionMandatory(),
    )
    .option('--shards <n>', 'TFRecord shards of a split', wholeNumber(1, 99_999), 4)
    .addHelpText('after', convertHelp)
    .action(async (path: string, out: string, flags: ConvertFlags) => {
      const { convert } = await import('./convert.js');
      end(await convert(path, out, flags));
    });
  return new Command('dataset')
    .description('Check and convert datasets.')
    .addCommand(inspect)
    .addCommand(convert);
}

/** The argument and options that say which dataset is meant. */
function describedInput(command: Command): Command {
  return command
    .argument('<path>', 'folder of the dataset')
    .option('--split <name>', 'one split (default: all of them)')
    .addOption(
      new Option('--format <layout>', 'layout of the folder (default: recognised)').choices(
        datasetFormats,
      ),
    )
    .addOption(
      new Option('--label-set <name>', 'classes of TFRecord shards without a dataset.json').choices(
        labelSetNames,
      ),
    );
}

const layouts = `
Layouts:
  folder      dataset.json, SPLIT/images/NAME.jpg and SPLIT/labels/NAME.png
  voc         PASCAL VOC 2012: JPEGImages, SegmentationClass or SegmentationClassAug, ImageSets
  cityscapes  leftImg8bit and gtFine (labelTrainIds, else labelIds)
  ade20k      images/training and annotations/training
  camvid      train and trainannot, or 701_StillsRaw_full and LabeledApproved_full
  tfrecord    SPLIT-00000-of-00004.tfrecord as DeepLab's scripts write them`;

const inspectHelp = `
Prints sizes, the histogram of classes, and every file that cannot be read, label whose size is not
its image's, and label value that is neither a class nor ignored. The contact sheet shows some
samples with their labels over them; values that mean nothing are magenta.
${layouts}

Exit code: 0 nothing wrong; 1 something wrong was found; 2 nothing could be inspected.

Examples:
  atrous dataset inspect camvid
  atrous dataset inspect VOCdevkit --split train_aug --json | jq .histogram.unknown`;

const convertHelp = `
Images keep their bytes where they are JPEG or PNG; labels become PNGs of class indices. A split
appears under its name when it is complete, and only then.
${layouts}

Exit code: 0 all done; 1 some splits failed; 2 nothing could start.

Examples:
  atrous dataset convert VOCdevkit voc-records --to tfrecord --split train_aug
  atrous dataset convert cityscapes plain --to folder`;
