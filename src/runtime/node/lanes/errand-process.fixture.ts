import { errandWork } from './errand-work.fixture.js';
import { serveLane } from './serve-lane.js';

serveLane(errandWork);
