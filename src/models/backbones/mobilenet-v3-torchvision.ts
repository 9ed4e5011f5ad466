import { imageNetPixels } from './backbone.js';
import { type Conventions, largeRows, mobileNetV3, type Row } from './mobilenet-v3.js';

/** The last stage with all its channels. */
const wholeStage: readonly Row[] = [
  [5, 672, 160, true, 'hard-swish', 2],
  [5, 960, 160, true, 'hard-swish', 1],
  [5, 960, 160, true, 'hard-swish', 1],
];

const conventions: Conventions = {
  scope: 'torchvision_mobilenet_v3',
  batchNorm: { decay: 0.99, epsilon: 1e-3 },
  padding: 'fixed',
  lostStride: 'after',
  lowLevel: 'first',
  pixels: imageNetPixels,
  // Its rates do not go by the output stride: those for ResNet's 8 stand at 16 here.
  asppRates: [12, 24, 36],
};

/**
 * MobileNetV3-large as torchvision's DeepLab and LR-ASPP have it: with all channels in its last
 * stage, of which the first unit has the atrous rate too.
 */
export const mobileNetV3LargeTorchvision = mobileNetV3(
  { rows: [...largeRows.slice(0, -wholeStage.length), ...wholeStage], last: 960 },
  conventions,
);
