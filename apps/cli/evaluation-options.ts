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

/** `--scales`, of the views that are averaged. */
export function scalesOption(): Option {
  return new Option('--scales <factors>', 'average over these scales of the input').argParser(
    parseScales,
  );
}

/** `--flip`, a second view at every scale. */
export function flipOption(): Option {
  return new Option('--flip', 'average over the mirrored picture too');
}

/** Numbers with commas between; NaN for what is none. */
export function parseNumbers(text: string): readonly number[] {
  return text.split(',').map((each) => (each.trim() === '' ? Number.NaN : Number(each)));
}

function parseNames(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.every((name) => name !== '')) return names;
  throw new InvalidArgumentError('Expected class names with commas between.');
}

function parseScales(text: string): readonly number[] {
  const scales = parseNumbers(text);
  if (scales.every((scale) => scale > 0)) return scales;
  throw new InvalidArgumentError('Expected factors with commas between, such as 0.5,1,1.5.');
}
