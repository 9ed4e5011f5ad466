export type { EvaluationEntry, JournalEntry, StepEntry } from './journal.js';
export type { OpenRun, RunSources } from './open-run.js';
export { readConfig } from './read-config.js';
export { type TrainObserver, type TrainOptions, type TrainResult, train } from './train.js';
