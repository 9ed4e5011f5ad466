export { type DecodeOptions, decodeImage, disableImageCache } from './decode.js';
export { encodeMaskPng, encodeOverlayPng } from './encode.js';
export { sharpTextRasteriser } from './text.js';
