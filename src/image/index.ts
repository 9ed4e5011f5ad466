export { Canvas } from './canvas.js';
export {
  type Fit,
  type FitDestination,
  type FitOptions,
  type FittedImage,
  fitImage,
  fittedSize,
  midGrey,
} from './fit.js';
export { type Box, type LabelMap, labelMap, type RgbImage, rgbImage, type Size } from './image.js';
export { type LabelSummary, summariseLabels } from './label-summary.js';
export { addLegend, formatShare, type LegendEntry, type LegendOptions } from './legend.js';
export { colouriseLabels, type OverlayOptions, outlineWidth, overlayLabels } from './overlay.js';
export {
  camvidPalette,
  cityscapesPalette,
  distinctPalette,
  type Palette,
  paletteFor,
  type Rgb,
  vocPalette,
  voidColour,
} from './palette.js';
export {
  type ChannelImage,
  resizeChannels,
  resizeImage,
  resizeInto,
  resizeLabels,
} from './resize.js';
export { noText, printableName, type TextMask, type TextRasteriser, turnUp } from './text.js';
