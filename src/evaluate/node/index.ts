export {
  type CrfSearchObserver,
  type CrfSearchOptions,
  type CrfSearchResult,
  searchCrf,
} from './crf-search/search.js';
export {
  type EvaluatedParts,
  type EvaluateObserver,
  type EvaluateOptions,
  type EvaluateResult,
  evaluate,
} from './evaluate.js';
