export { encodeNpy } from './npy-writer.js';
