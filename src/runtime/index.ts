export type {
  Device,
  NamedTensors,
  OperatorTime,
  Optimization,
  RunOptions,
  Runtime,
  Session,
  SessionOptions,
  ValueType,
  WorkingMemory,
} from './session.js';
export { SessionCache, type SessionSource } from './session-cache.js';
