import { setImmediate } from 'node:timers/promises';
import { InternalError } from '../../core/errors.js';
import type { TensorOf } from '../../core/tensor.js';
import type { DatasetSource } from '../../data/index.js';
import { type Batch, type BatchStream, openBatches, openDataset } from '../../data/node/index.js';
import { labelSetNames } from '../../data/node/index.js';
import type { Runtime, SessionOptions } from '../../runtime/index.js';
import { nodeRuntime } from '../../runtime/node/index.js';
import { describeNetwork } from '../../weights/network-graph.js';
import type { TrainConfig } from '../config/config.js';
import { firstNotFinite, lossDiverged, stateDiverged } from '../divergence.js';
import type { RunDescription } from '../run-checkpoint.js';
import { learningRate } from '../schedules.js';
import { stepSettings } from '../step-settings.js';
import { Trainer } from '../trainer.js';
import {
  initialState,
  initialWeights,
  restoredState,
  stateTensors,
  type TrainingState,
} from '../training-state.js';
import { EventLog } from './event-log.js';
import { readInitialWeights } from './initial-weights.js';
import { type EvaluationEntry, Journal, type StepEntry } from './journal.js';
import { measureStatistics } from './measure-statistics.js';
import { evaluateRun } from './run-evaluation.js';
import { RunFolder } from './run-folder.js';
