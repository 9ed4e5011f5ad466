import { imageNetPixels } from './backbone.js';
import { type Conventions, fifty, hundredOne, resNet } from './resnet.js';

/** Also known as ResNet v1.5. */
const conventions: Conventions = {
  strided: 'first',
  poolPadding: 'fixed',
  lowLevel: 'output',
  batchNorm: { decay: 0.9, epsilon: 1e-5 },
  pixels: imageNetPixels,
};

/** ResNet-50 as torchvision has it, where the 3x3 convolution of a block's first unit strides. */
export const resNet50Torchvision = resNet(
  { ...fifty, scope: 'torchvision_resnet_50', root: 'plain' },
  conventions,
);

/** ResNet-101 likewise. */
export const resNet101Torchvision = resNet(
  { ...hundredOne, scope: 'torchvision_resnet_101', root: 'plain' },
  conventions,
);
