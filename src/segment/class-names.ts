import { impliedLabelSet, type Sidecar } from '../catalog/index.js';
import { FormatError } from '../core/errors.js';
import { type Palette, paletteFor } from '../image/index.js';
import type { ModelFile } from './model-file.js';

/** Where class names came from. */
export type LabelSource =
  | 'file metadata'
  | 'sidecar'
  | 'option'
  | `label set ${string}`
  | 'numbers';

/** The classes of a model: names in the order of their indices, colours, and which one is nothing. */
export interface ClassNames {
  readonly labels: readonly string[];
  readonly palette: Palette;
  readonly background: number | undefined;
  readonly source: LabelSource;
}

/**
 * Names the classes of a model: by its file's metadata, else its sidecar, else the caller's labels,
 * else the label set that its file name and class count imply, else by number.
 *
 * @throws FormatError where the names that apply are not as many as the model has classes.
 */
export function nameClasses(
  file: ModelFile,
  classes: number | undefined,
  sidecar: Sidecar | undefined,
  option: readonly string[] | undefined,
): ClassNames {
  const own = file.description;
  const told: readonly (readonly [LabelSource, readonly string[] | undefined])[] = [
    ['file metadata', own.labels ?? own.sidecar?.labels],
    ['sidecar', sidecar?.labels],
    ['option', option],
  ];
  const found = told.find(([, labels]) => labels !== undefined);
  const implied = classes === undefined ? undefined : impliedLabelSet(file.name, classes);
  const [source, labels]: readonly [LabelSource, readonly string[]] =
    found?.[1] !== undefined
      ? [found[0], found[1]]
      : implied !== undefined
        ? [`label set ${implied.name}`, implied.labels]
        : ['numbers', numbered(classes ?? 256)];
  if (classes !== undefined && labels.length !== classes) {
    throw new FormatError({
      place: file.name,
      problem: `the class names (${source}) do not fit the model`,
      expected: `${classes} names`,
      found: `${labels.length}`,
      fix: 'give one name per class, in the order of the class indices',
    });
  }
  const sameSet = implied !== undefined && source === `label set ${implied.name}`;
  const palette =
    sidecar?.palette ?? own.sidecar?.palette ?? (sameSet ? implied.palette : undefined);
  return {
    labels,
    palette: palette ?? paletteFor(labels.length),
    background: sidecar?.background ?? own.sidecar?.background ?? backgroundOf(labels),
    source,
  };
}

function numbered(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${index}`);
}

/** By convention a class 0 of this name stands for "nothing of interest". */
function backgroundOf(labels: readonly string[]): number | undefined {
  return /^(background|bg|__background__|none)$/i.test(labels[0] ?? '') ? 0 : undefined;
}
