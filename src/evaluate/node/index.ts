export {
  type EvaluatedParts,
  type EvaluateObserver,
  type EvaluateOptions,
  type EvaluateResult,
  evaluate,
} from './evaluate.js';
