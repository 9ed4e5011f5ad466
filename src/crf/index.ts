export { type CrfResult, denseCrf, SingleThreadDenseCrf } from './dense-crf.js';
export type { BlurOrder } from './lattice/gaussian-filter.js';
export type { Normalisation } from './lattice/normalisation.js';
export type { CrfEngine } from './mean-field/block.js';
export {
  checkSearch,
  publishedSearchRanges,
  type ScoreCrfParameters,
  type SearchedParameter,
  type SearchOptions,
  type SearchRanges,
  type SearchResult,
  type SearchStep,
  type SearchTrial,
  searchCrfParameters,
} from './parameter-search.js';
export {
  type CrfParameters,
  completeCrfParameters,
  defaultCrfParameters,
  publishedCrfParameters,
} from './parameters.js';
export { CrfMemoryError, type CrfOptions, defaultMemoryLimit } from './problem.js';
export {
  type ClassPlanes,
  type LabelOptions,
  type ProbabilityOptions,
  unaryFromLabels,
  unaryFromProbabilities,
} from './unary.js';
