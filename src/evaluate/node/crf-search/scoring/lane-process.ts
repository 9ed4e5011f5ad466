import sharp from 'sharp';
import { disableImageCache } from '../../../../image/node/index.js';
import { serveLane } from '../../../../runtime/node/lanes/serve-lane.js';
import { scoringWork } from './lane.js';
import type { ScoringSettings } from './protocol.js';

serveLane({
  ...scoringWork,
  open: async (settings: ScoringSettings) => {
    // These hold for a whole process, which is this lane's own.
    disableImageCache();
    sharp.concurrency(settings.load.threads ?? 1);
    return scoringWork.open(settings);
  },
});
