export type { EvaluationEntry, JournalEntry, StepEntry } from './journal.js';
export type { OpenRun } from './open-run.js';
export { readConfig } from './read-config.js';
export type { RunSources } from './run-sources.js';
export { type TrainObserver, type TrainOptions, type TrainResult, train } from './train.js';
