import { type DeepLabSettings, deepLabDefaults } from '../../../src/models/deeplab.js';

/** Networks whose training step can be measured by name. */
export const trainableNetworks = ['mobilenetv2', 'mobilenetv2-0.5'] as const;

export type TrainableNetwork = (typeof trainableNetworks)[number];

/** What each name stands for: DeepLab v3 at output stride 16, 21 classes. */
export const networkOf: { readonly [Name in TrainableNetwork]: DeepLabSettings } = {
  mobilenetv2: deepLabDefaults,
  'mobilenetv2-0.5': { ...deepLabDefaults, depthMultiplier: 0.5 },
};
