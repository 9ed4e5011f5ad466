export { decodeExample } from './decode.js';
export { encodeExample } from './encode.js';
export {
  bytesFeature,
  type Example,
  type Feature,
  type FeatureKind,
  type FeatureOf,
  type FeatureValues,
  floatFeature,
  int64Feature,
  singleBytes,
  singleInteger,
  singleText,
  textFeature,
} from './feature.js';
