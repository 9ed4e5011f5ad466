import type { DeepLabSettings } from '../../../src/models/deeplab.js';
import { parseNetworkName } from '../../../src/models/names.js';

/**
 * The network of a name whose training step is to be measured; a backbone alone stands for DeepLab
 * v3 on it (`mobilenetv2-dm0.5`).
 *
 * @throws OptionError naming the word that is wrong and those there are.
 */
export function networkToTrain(name: string): DeepLabSettings {
  return parseNetworkName(/^(deeplab|lraspp)/.test(name) ? name : `deeplabv3-${name}`);
}
