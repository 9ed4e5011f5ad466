export type { TfliteDType, UnsupportedDType } from './element-type.js';
export { readTfliteMetadata, type TfliteMetadata, type TfliteNormalisation } from './metadata.js';
export type { Activation, OperatorName, OperatorOptions, Padding } from './operator-options.js';
export { readTflite } from './read.js';
export * from './records.js';
export { writeTflite } from './write.js';
export { appendTfliteLabels, appendTfliteMetadata } from './write-metadata.js';
