import type { OperatorName } from '../../../formats/tflite/index.js';
import { arithmeticConverters } from './arithmetic.js';
import type { Converters } from './converter.js';
import { convolutionConverters } from './convolution.js';
import { layoutConverters } from './layout.js';
import { poolingConverters } from './pooling.js';
import { samplingConverters } from './sampling.js';

/** The converter of every operator that the format folder describes. */
export const converters: Converters<OperatorName> = {
  ...convolutionConverters,
  ...arithmeticConverters,
  ...poolingConverters,
  ...samplingConverters,
  ...layoutConverters,
};
