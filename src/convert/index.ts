/** Between model files and graphs. */
export { graphToOnnx } from './onnx/graph-to-onnx.js';
export { onnxToGraph } from './onnx/onnx-to-graph.js';
export { type Arithmetic, tfliteToGraph } from './tflite/tflite-to-graph.js';
