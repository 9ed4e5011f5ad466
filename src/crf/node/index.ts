export { DenseCrfThreads } from './dense-crf-threads.js';
