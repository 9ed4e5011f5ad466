import { GraphError } from '../../core/errors.js';
import { classLogits, type Head } from './head.js';

/** Copies of the last block: block5, block6 and block7. */
const copies = 3;

/**
 * DeepLab v3 in cascade (Chen et al. 2017, "Rethinking Atrous Convolution", section 3.2): copies of
 * the backbone's last block behind it, each at twice the atrous rate, in place of ASPP.
 */
export const v3Cascade: Head = {
  heeds: [],
  defaults: {},
  logitsStride: ({ outputStride }) => outputStride,
  build: (layers, { features }, settings) => {
    if (features.deepen === undefined) {
      throw new GraphError({
        place: "head 'v3-cascade'",
        problem: 'the backbone has no last block that could be repeated',
        expected: 'a ResNet',
      });
    }
    return classLogits(layers, features.deepen(copies), settings);
  },
};
