export {
  type Architecture,
  architectures,
  type MeasuredArchitecture,
  measured,
  type PublishedCost,
} from './architectures.js';
export { type BackboneName, backboneNames } from './backbones/index.js';
export { type DeepLabSettings, deepLab, deepLabDefaults } from './deeplab.js';
export { type HeadName, headNames } from './heads/index.js';
export { Layers, type Mode } from './layers.js';
export { networkName, parseNetworkName } from './names.js';
export { type NetworkCost, networkCost } from './network-cost.js';
export { settingsOf } from './settings.js';
