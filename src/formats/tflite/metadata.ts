import { FormatError } from '../../core/errors.js';
import { type AppendedZip, findAppendedZip } from './appended-zip.js';
import { FlatbufferFile, type TableView } from './flatbuffer-view.js';
import {
  type associatedFileSchema,
  metadataIdentifier,
  metadataName,
  modelMetadataSchema,
  normalisationSchema,
  normalisationType,
  type tensorMetadataSchema,
} from './metadata-schema.js';
import type { TfliteModel } from './records.js';

/** How a model wants its pixels: (pixel − mean) / std with pixels from 0 to 255. */
export interface TfliteNormalisation {
  /** One value for all channels or one per channel. */
  readonly mean: readonly number[];
  /** As many as means; none is 0. */
  readonly std: readonly number[];
}

/** What a file tells about its model beyond the graph. */
export interface TfliteMetadata {
  /** Class names in the order of the class indexes. */
  readonly labels?: readonly string[];
  readonly normalisation?: TfliteNormalisation;
  readonly name?: string;
  readonly description?: string;
  readonly license?: string;
}

type FileView = TableView<typeof associatedFileSchema>;

/**
 * Reads the metadata table (TFLITE_METADATA) of a model and the label file packed behind it.
 *
 * A file without the table but with a zip archive that holds one label text also gives labels.
 *
 * @param bytes The whole file that `model` was read from.
 * @param place What the errors call the file.
 * @throws FormatError where the table or the archive is damaged, or the labels it names are missing.
 */
export function readTfliteMetadata(
  model: TfliteModel,
  bytes: Uint8Array,
  place: string,
): TfliteMetadata {
  const zip = findAppendedZip(bytes, place);
  const table = model.metadata.get(metadataName);
  if (table === undefined) return withLabels({}, zip && readOnlyLabels(zip));
  const root = openTable(table, `${place}: ${metadataName}`);
  const [main] = root.read('subgraphs');
  const name = root.read('name');
  const description = root.read('description');
  const license = root.read('license');
  const texts = {
    ...(name === '' ? {} : { name }),
    ...(description === '' ? {} : { description }),
    ...(license === '' ? {} : { license }),
  };
  const normalisation = findNormalisation(main?.read('inputs') ?? []);
  const files = [
    ...(main?.read('outputs') ?? []).flatMap((output) => output.read('associatedFiles')),
    ...(main?.read('associatedFiles') ?? []),
    ...root.read('associatedFiles'),
  ];
  const labels = readDeclaredLabels(files, zip, place) ?? (zip && readOnlyLabels(zip));
  return withLabels(normalisation === undefined ? texts : { ...texts, normalisation }, labels);
}

function openTable(bytes: Uint8Array, place: string): TableView<typeof modelMetadataSchema> {
  const identifier = String.fromCharCode(...bytes.subarray(4, 8));
  if (identifier !== metadataIdentifier) {
    throw new FormatError({
      place,
      problem: 'this is not a metadata table',
      expected: `${metadataIdentifier} at its fifth byte`,
      found: JSON.stringify(identifier),
      fix: 'write the metadata again with the TensorFlow Lite metadata tool',
    });
  }
  return new FlatbufferFile(bytes, place).root(modelMetadataSchema);
}

function withLabels(
  metadata: TfliteMetadata,
  labels: readonly string[] | undefined,
): TfliteMetadata {
  return labels === undefined ? metadata : { ...metadata, labels };
}

/** The first normalisation among the inputs' process units. */
function findNormalisation(
  inputs: readonly TableView<typeof tensorMetadataSchema>[],
): TfliteNormalisation | undefined {
  for (const unit of inputs.flatMap((input) => input.read('processUnits'))) {
    if (unit.read('optionsType') !== normalisationType) continue;
    const options = unit.readUnion('options', normalisationSchema);
    if (options === undefined) continue;
    const mean = options.read('mean');
    const std = options.read('std');
    if (mean.length === 0 && std.length === 0) continue;
    const sound = mean.every(Number.isFinite) && std.every((s) => Number.isFinite(s) && s !== 0);
    if (sound && mean.length === std.length) return { mean, std };
    throw options.fail(
      'std',
      'does not normalise',
      'as many finite means as standard deviations, none of these 0',
      `mean [${mean}], std [${std}]`,
    );
  }
  return undefined;
}

/** Labels of the file that the metadata names, in English where there are several languages. */
function readDeclaredLabels(
  files: readonly FileView[],
  zip: AppendedZip | undefined,
  place: string,
): readonly string[] | undefined {
  const candidates = files
    .map((file) => ({ name: file.read('name'), type: file.read('type'), rank: localeRank(file) }))
    .filter(({ type }) => type === 'axis labels' || type === 'value labels')
    .sort((a, b) => a.rank - b.rank);
  const [chosen] = candidates;
  if (chosen === undefined) return undefined;
  const bytes = zip?.read(chosen.name);
  if (bytes !== undefined) return splitLines(bytes);
  throw new FormatError({
    place,
    problem: 'the label file that the metadata names is not packed with the model',
    expected: `'${chosen.name}'`,
    found: zip === undefined ? 'no archive' : `[${zip.names.join(', ')}]`,
    fix: 'fetch the file again, or give the labels yourself',
  });
}

function localeRank(file: FileView): number {
  const locale = file.read('locale');
  if (locale === '') return 0;
  return /^en\b/i.test(locale) ? 1 : 2;
}

/** Labels of the archive's one text file, or of its one text whose name speaks of labels. */
function readOnlyLabels(zip: AppendedZip): readonly string[] | undefined {
  const texts = zip.names.filter((name) => /\.txt$/i.test(name));
  const labelTexts = texts.filter((name) => /label/i.test(name));
  const [chosen, ...others] = labelTexts.length > 0 ? labelTexts : texts;
  if (chosen === undefined || others.length > 0) return undefined;
  const bytes = zip.read(chosen);
  return bytes && splitLines(bytes);
}

/** One label a line; empty lines inside keep their class index, those at the end are dropped. */
function splitLines(bytes: Uint8Array): readonly string[] {
  const text = new TextDecoder().decode(bytes.slice()).trimEnd();
  return text === '' ? [] : text.split(/\r\n|\r|\n/).map((line) => line.trim());
}
