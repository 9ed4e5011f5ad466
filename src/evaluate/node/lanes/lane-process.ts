import sharp from 'sharp';
import { disableImageCache } from '../../../image/node/index.js';
import { serveLane } from '../../../runtime/node/lanes/serve-lane.js';
import { evaluationWork } from './lane.js';
import type { LaneSettings } from './protocol.js';

serveLane({
  ...evaluationWork,
  open: async (settings: LaneSettings) => {
    // These hold for a whole process, which is this lane's own. A batch never decodes the same file
    // twice.
    disableImageCache();
    sharp.concurrency(settings.load.threads ?? 1);
    return evaluationWork.open(settings);
  },
});
