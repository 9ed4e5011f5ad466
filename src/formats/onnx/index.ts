export type { ExternalDataResolver } from './external-data.js';
export { type ReadOnnxOptions, readOnnx } from './read.js';
export {
  floatAttribute,
  floatsAttribute,
  intAttribute,
  intsAttribute,
  type OnnxAttribute,
  type OnnxAttributeKind,
  type OnnxAttributeOf,
  type OnnxAttributeValues,
  type OnnxGraph,
  type OnnxInitializer,
  type OnnxModel,
  type OnnxNode,
  type OnnxValueInfo,
  stringAttribute,
} from './records.js';
export { writeOnnx } from './write.js';
