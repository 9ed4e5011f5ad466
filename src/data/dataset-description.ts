import { z } from 'zod';
import { FormatError } from '../core/errors.js';
import { nearest } from '../core/spelling.js';
import {
  camvidPalette,
  cityscapesPalette,
  type Palette,
  paletteFor,
  vocPalette,
} from '../image/index.js';
import type { DatasetClasses } from './dataset-source.js';
import { type LabelCoding, paletteMeanings } from './label-coding.js';

const byte = z.number().int().min(0).max(255);
const colour = z.tuple([byte, byte, byte]);

const descriptionSchema = z.strictObject({
  name: z.string().min(1).optional(),
  classes: z.array(z.string().min(1)).min(1).max(65_535),
  palette: z.union([z.enum(['voc', 'cityscapes', 'camvid']), z.array(colour).min(1)]).optional(),
  ignore: z.number().int().min(0).max(65_535).optional(),
  ignoreColours: z.array(colour).optional(),
});

/** Content of `dataset.json`: what the labels of a folder or of TFRecord shards mean. */
export type DatasetDescription = z.infer<typeof descriptionSchema>;

/** The name of the file that describes a dataset. */
export const descriptionFile = 'dataset.json';

/** A dataset's classes and how its label files hold them. */
export interface DescribedClasses extends DatasetClasses {
  readonly name: string | undefined;
  readonly coding: LabelCoding;
}

/**
 * Reads the text of `dataset.json`: `classes` (names in the order of their values), and where they
 * differ from the defaults `name`, `palette` ("voc", "cityscapes", "camvid" or a colour per class;
 * by default one by class count, and then RGB label files are refused), `ignore` (255) and
 * `ignoreColours` (colours of RGB label files that mean `ignore`; by default VOC's void colour).
 *
 * @throws FormatError naming the first field that is wrong.
 */
export function parseDescription(text: string, place: string): DescribedClasses {
  const { name, classes, palette, ignore = 255, ignoreColours } = validated(text, place);
  const repeated = classes.find((label, i) => classes.indexOf(label) !== i);
  if (repeated !== undefined) {
    throw new FormatError({ place, problem: `two classes are called "${repeated}"` });
  }
  const colours = palette === undefined ? undefined : namedPalette(palette, classes.length, place);
  return {
    name,
    labels: classes,
    palette: colours ?? paletteFor(classes.length),
    ignoreValue: ignore,
    coding:
      colours === undefined ? {} : { colours: meaningsOf(colours, ignore, ignoreColours ?? []) },
  };
}

function meaningsOf(
  palette: Palette,
  ignore: number,
  ignoreColours: Palette,
): NonNullable<LabelCoding['colours']> {
  const ignored = ignoreColours.map((each) => ({ colour: each, value: ignore }));
  return [...paletteMeanings(palette, ignore), ...ignored];
}

/** The text of a `dataset.json` that describes these classes. */
export function formatDescription(name: string, classes: DatasetClasses): string {
  const { labels, palette, ignoreValue } = classes;
  const lines = [
    `"name": ${JSON.stringify(name)}`,
    `"classes": ${JSON.stringify(labels)}`,
    `"palette": ${JSON.stringify(palette)}`,
    `"ignore": ${ignoreValue}`,
  ];
  return `{\n  ${lines.join(',\n  ')}\n}\n`;
}

function validated(text: string, place: string): DatasetDescription {
  const result = descriptionSchema.safeParse(parseJson(text, place));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (issue?.code === 'unrecognized_keys') {
    const [unknown = ''] = issue.keys;
    const known = Object.keys(descriptionSchema.shape);
    throw new FormatError({
      place,
      problem: `unknown field "${unknown}"`,
      expected: known.join(', '),
      fix: `did you mean "${nearest(unknown, known)}"?`,
    });
  }
  const field = issue?.path.join('.') || 'the whole file';
  throw new FormatError({
    place,
    problem: `${field}: ${issue?.message ?? 'invalid'}`,
    fix: 'it needs at least {"classes": ["background", "cat"]}',
  });
}

function parseJson(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FormatError({ place, problem: 'not valid JSON', cause });
  }
}

function namedPalette(
  palette: NonNullable<DatasetDescription['palette']>,
  classCount: number,
  place: string,
): Palette {
  const colours = typeof palette === 'string' ? knownPalettes[palette](classCount) : palette;
  if (colours.length === classCount) return colours;
  throw new FormatError({
    place,
    problem: 'the palette does not fit the classes',
    expected: `${classCount} colours`,
    found: `${colours.length}`,
  });
}

const knownPalettes: Readonly<
  Record<'voc' | 'cityscapes' | 'camvid', (classCount: number) => Palette>
> = {
  voc: (classCount) => vocPalette(Math.min(256, classCount)),
  cityscapes: () => cityscapesPalette,
  camvid: () => camvidPalette,
};
