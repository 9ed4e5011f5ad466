import { Option } from 'commander';
import { defaultCrfParameters } from '../../../src/crf/parameters.js';
import { parameterText } from './parameter-names.js';

/** `--crf`, which refines label maps. */
export function crfOption(): Option {
  return new Option('--crf', 'refine the result by a dense CRF, along the edges of the picture');
}

/** `--crf-parameters`, by the names of the papers. */
export function crfParametersOption(): Option {
  // With spaces, at which the help can break the line.
  const defaults = parameterText(defaultCrfParameters).replaceAll(',', ', ');
  return new Option(
    '--crf-parameters <list>',
    `the same with some parameters changed, or as in a JSON file (default: ${defaults})`,
  );
}
