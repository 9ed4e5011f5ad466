import { fileURLToPath } from 'node:url';
import { builtInModel } from '../built-in-models.js';

/** The package's folder of models, from `dist/src/catalog/node`. */
const modelFolder = new URL('../../../../models/', import.meta.url);

/** The file of a built-in model, or the path itself where no such model has that name. */
export function modelPath(nameOrFile: string): string {
  const known = builtInModel(nameOrFile);
  return known === undefined ? nameOrFile : fileURLToPath(new URL(known.file, modelFolder));
}
