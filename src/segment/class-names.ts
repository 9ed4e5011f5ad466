import { impliedLabelSet, type Sidecar } from '../catalog/index.js';
import { FormatError } from '../core/errors.js';
import { distinctPalette, type Palette, paletteFor, vocPalette } from '../image/index.js';
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
  /** Colours of masks: the usual ones of the label set. */
  readonly palette: Palette;
  /** Colours to tint a picture with, see `tintsFor`. */
  readonly tints: Palette;
  readonly background: number | undefined;
  readonly source: LabelSource;
}

/**
 * Names the classes of a model: by its file's metadata, else its sidecar, else the caller's labels,
 * else the label set that its file name and class count imply, else by number.
 *
 * @throws FormatError where the names that apply are not as many as the model has classes, where
 *   there are fewer colours than classes, or where the background is none of them.
 */
export function nameClasses(
  file: ModelFile,
  classes: number | undefined,
  sidecar: Sidecar | undefined,
  option: readonly string[] | undefined,
): ClassNames {
  const own = file.description;
  const candidates: readonly (readonly [LabelSource, readonly string[] | undefined])[] = [
    ['file metadata', own.labels ?? own.sidecar?.labels],
    ['sidecar', sidecar?.labels],
    ['option', option],
  ];
  const found = candidates.find(([, labels]) => labels !== undefined);
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
  checkColours(file.name, found === undefined ? classes : labels.length, {
    palette: sidecar?.palette ?? own.sidecar?.palette,
    background: sidecar?.background ?? own.sidecar?.background,
  });
  const sameSet = implied !== undefined && source === `label set ${implied.name}`;
  const told = sidecar?.palette ?? own.sidecar?.palette;
  const palette = told ?? (sameSet ? implied.palette : paletteFor(labels.length));
  return {
    labels,
    palette,
    tints: told ?? tintsFor(palette),
    background: sidecar?.background ?? own.sidecar?.background ?? backgroundOf(labels),
    source,
  };
}

/** Refuses too few colours and a background that is none of the classes. */
function checkColours(
  place: string,
  classes: number | undefined,
  { palette, background }: Pick<Sidecar, 'palette' | 'background'>,
): void {
  if (classes === undefined) return;
  if (palette !== undefined && palette.length < classes) {
    throw new FormatError({
      place,
      problem: 'the palette does not fit the model',
      expected: `${classes} colours`,
      found: `${palette.length}`,
      fix: 'give one colour per class, in the order of the class indices',
    });
  }
  if (background !== undefined && background >= classes) {
    throw new FormatError({
      place,
      problem: 'the background is none of the classes',
      expected: `an index from 0 to ${classes - 1}`,
      found: `${background}`,
    });
  }
}

/**
 * Colours that can be told apart when laid over a picture.
 *
 * Half of PASCAL VOC's colours are so dark that tints of them look like mud: the colours by formula
 * take their place. All other palettes serve as they are.
 */
function tintsFor(palette: Palette): Palette {
  const count = palette.length;
  const isVoc = count <= 256 && vocPalette(count).every((rgb, i) => `${rgb}` === `${palette[i]}`);
  return isVoc ? distinctPalette(count) : palette;
}

function numbered(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${index}`);
}

/** By convention a class 0 of this name stands for "nothing of interest". */
function backgroundOf(labels: readonly string[]): number | undefined {
  return /^(background|bg|__background__|none)$/i.test(labels[0] ?? '') ? 0 : undefined;
}
