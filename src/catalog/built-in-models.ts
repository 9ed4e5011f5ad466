import { camvid, type LabelSet, pascalVoc } from './label-sets.js';

/** A model of this project's own, which comes with the package. */
export interface BuiltInModel {
  /** What it is asked for by. */
  readonly name: string;
  /** Its file in the package's folder `models`. */
  readonly file: string;
  readonly labelSet: LabelSet;
  /** What it is for, in a few words. */
  readonly purpose: string;
}

/** The models that come with the package; their cards lie beside the files. */
export const builtInModels: readonly BuiltInModel[] = [
  {
    name: 'voc',
    file: 'voc.safetensors',
    labelSet: pascalVoc,
    purpose: 'ordinary photographs: people, animals, vehicles, things at home',
  },
  {
    name: 'street',
    file: 'street.safetensors',
    labelSet: camvid,
    purpose: 'street scenes as a car sees them',
  },
];

/** The model that is used where none is asked for. */
export const defaultModel = 'voc';

/** The built-in model of a name. */
export function builtInModel(name: string): BuiltInModel | undefined {
  return builtInModels.find((model) => model.name === name);
}
