export { parseConfig, type TrainConfig, type TrainConfigInput } from './config/config.js';
export { DivergenceError } from './divergence.js';
export type { LossSettings } from './losses/index.js';
export type { OptimizerSettings } from './optimizers/index.js';
export { type LearningRateSettings, learningRate, type ScheduleSettings } from './schedules.js';
export { type AuxiliarySettings, type StepSettings, stateTensors } from './step-graph/index.js';
export type { TrainerBatch } from './step-program.js';
export { Trainer, type TrainerOptions } from './trainer.js';
export { initialState, type TrainingState } from './training-state.js';
