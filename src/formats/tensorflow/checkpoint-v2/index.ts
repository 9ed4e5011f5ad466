export {
  type CheckpointEntry,
  type CheckpointIndex,
  checkpointShardName,
  readCheckpointIndex,
} from './index-file.js';
export { type ReadVariableOptions, readCheckpointVariable } from './read-variable.js';
