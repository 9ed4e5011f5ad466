import { OptionError } from '../../../src/core/errors.js';

/**
 * The model of a run: the one that was asked for, as none comes with the package.
 *
 * @throws OptionError where none was asked for.
 */
export function chosenModel(option: string | undefined): string {
  if (option !== undefined) return option;
  throw new OptionError({
    place: 'atrous segment',
    problem: 'no model given',
    fix: 'pass a segmentation model, a TFLite or ONNX file, with -m FILE',
  });
}
