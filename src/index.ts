/** DeepLab in Node: load a model, segment pictures. */
export * from './core/errors.js';
export type { Box, Fit, LabelMap, OverlayOptions, Palette, RgbImage, Size } from './image/index.js';
export { decodeImage, encodeMaskPng, encodeOverlayPng } from './image/node/index.js';
export type { Device } from './runtime/index.js';
export type { CrfSettings } from './segment/crf-refinement.js';
export type { ModelFile } from './segment/model-file.js';
export { type LoadOptions, Segmenter } from './segment/node/segmenter.js';
export type { PictureScores } from './segment/picture-scores.js';
export type { ClassShare, IndexedMask, SegmentationTimings } from './segment/segmentation.js';
export { Segmentation } from './segment/segmentation.js';
export type { ScoreOptions, SegmenterOptions, SegmentOptions } from './segment/segmenter.js';
