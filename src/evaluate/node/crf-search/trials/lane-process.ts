import sharp from 'sharp';
import { serveLane } from '../../../../runtime/node/lanes/serve-lane.js';
import { trialWork } from './lane.js';

// It holds for a whole process, which is this lane's own.
sharp.concurrency(1);
serveLane(trialWork);
