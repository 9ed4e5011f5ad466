import { knownModels } from '../../../src/catalog/index.js';
import { alignRows } from '../table.js';

/** What `atrous models list --json` prints of a model. */
export interface ListedModel {
  readonly name: string;
  readonly classes: number;
  readonly labelSet: string;
  readonly source: string;
}

/** The released model files that the catalog recognises by their names. */
export function listModels(): readonly ListedModel[] {
  return knownModels.map(({ name, labelSet, source }) => ({
    name,
    classes: labelSet.labels.length,
    labelSet: labelSet.name,
    source,
  }));
}

/** The list as lines for people. */
export function listText(models: readonly ListedModel[]): readonly string[] {
  return alignRows(
    models.map(({ name, classes, labelSet, source }) => [
      name,
      `${classes} classes`,
      labelSet,
      source,
    ]),
  );
}
