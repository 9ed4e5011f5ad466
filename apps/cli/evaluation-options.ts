import { InvalidArgumentError, Option } from 'commander';

/** `--dataset`, what a model is measured on. */
export function datasetOption(): Option {
  return new Option(
    '-d, --dataset <folder>',
    'data set: VOC, Cityscapes, ADE20K, CamVid, …',
  ).makeOptionMandatory();
}

/** `--split`, of the data set. */
export function splitOption(): Option {
  return new Option('--split <name>', 'split of the data set (default: its only one, else val)');
}

/** `--classes`, those that are scored. */
export function classesOption(): Option {
  return new Option(
    '--classes <names>',
    'score these classes only and ignore pixels of all others',
  ).argParser(parseNames);
}

function parseNames(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.every((name) => name !== '')) return names;
  throw new InvalidArgumentError('Expected class names with commas between.');
}
