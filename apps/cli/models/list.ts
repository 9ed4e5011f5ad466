import { builtInModels, knownModels, type LabelSet } from '../../../src/catalog/index.js';
import { alignRows } from '../table.js';

interface NamedClasses {
  readonly name: string;
  readonly classes: number;
  readonly labelSet: string;
}

/** What `atrous models list --json` prints of a model. */
export type ListedModel =
  | (NamedClasses & { readonly builtIn: true; readonly purpose: string })
  | (NamedClasses & { readonly builtIn: false; readonly source: string });

/** The built-in models, then the released model files that the catalog recognises by their names. */
export function listModels(): readonly ListedModel[] {
  return [
    ...builtInModels.map(
      (model): ListedModel => ({ ...classesOf(model), builtIn: true, purpose: model.purpose }),
    ),
    ...knownModels.map(
      (model): ListedModel => ({ ...classesOf(model), builtIn: false, source: model.source }),
    ),
  ];
}

function classesOf({ name, labelSet }: { readonly name: string; readonly labelSet: LabelSet }) {
  return { name, classes: labelSet.labels.length, labelSet: labelSet.name };
}

/** The list as lines for people. */
export function listText(models: readonly ListedModel[]): readonly string[] {
  return alignRows(
    models.map((model) => [
      model.name,
      `${model.classes} classes`,
      model.labelSet,
      model.builtIn ? `built in, for ${model.purpose}` : model.source,
    ]),
  );
}
