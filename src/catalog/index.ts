export { type BuiltInModel, builtInModel, builtInModels, defaultModel } from './built-in-models.js';
export { impliedLabelSet, type KnownModel, knownModels, stemOf } from './known-models.js';
export { camvid, cityscapes, type LabelSet, labelSets, pascalVoc } from './label-sets.js';
export { parseSidecar, type Sidecar } from './sidecar.js';
