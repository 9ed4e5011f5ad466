export { type ReadSafetensorsOptions, readSafetensors, type Safetensors } from './read.js';
export { safetensorsParts, writeSafetensors } from './write.js';
