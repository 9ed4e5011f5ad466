/** Graphs of ONNX operators: build, check, simplify, count. */
export type { DType } from '../core/dtype.js';
export type { Shape, Tensor } from '../core/tensor.js';
export { type BuilderOptions, describeNode, GraphBuilder, type NodeOptions } from './builder.js';
export { costOf, type GraphCost, multiplyAddsOf } from './cost.js';
export { constantsOf, type Graph, type GraphOutput, type Node, type Value } from './graph.js';
export { peakActivationBytes } from './memory.js';
export {
  type AttributesInOf,
  type AttributesOf,
  type OperatorName,
  opsetVersion,
} from './operators.js';
export { simplify } from './passes/simplify.js';
export { verify } from './verify.js';
