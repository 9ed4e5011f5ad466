import type { CrfEngine } from './mean-field/block.js';
import type { CrfParameters } from './parameters.js';

/** What computes the inner loops: each has to give the same. */
export const engines: readonly CrfEngine[] = ['webassembly', 'javascript'];

/** Parameters that suit pictures of some tens of pixels a side. */
export const smallPictures: CrfParameters = {
  bilateralWeight: 4,
  bilateralPositionDeviation: 12,
  bilateralColourDeviation: 8,
  spatialWeight: 3,
  spatialPositionDeviation: 2,
  iterations: 10,
};
