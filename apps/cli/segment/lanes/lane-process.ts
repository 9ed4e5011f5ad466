import { serveLane } from '../../../../src/runtime/node/lanes/serve-lane.js';
import { pictureWork } from './lane.js';

serveLane(pictureWork);
