/**
 * Draws a data set of shapes and trains a small network on it, evaluated on held-out pictures.
 *
 *     npm run example:shapes
 *     npm run example:shapes -- --set steps=800
 *     npm run example:shapes -- --resume
 *
 * Options are those of `atrous train`. The data set goes to out/shapes/data, the run to
 * out/shapes/run.
 */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { runProgram } from '../../apps/cli/program.js';
import { ShapesSource } from './shapes-source.js';
import { writeDataset } from './write-dataset.js';

const config = 'examples/shapes/config.json';
const data = 'out/shapes/data';
const run = 'out/shapes/run';
const side = 97;

const options = process.argv.slice(2);

if (!existsSync(`${data}/dataset.json`)) {
  console.log(`draws the data set into ${data}`);
  await writeDataset(data, [
    new ShapesSource('train', 1000, side),
    new ShapesSource('val', 100, side),
  ]);
}
// Each start is a run of its own, unless it is to go on.
if (!options.includes('--resume')) await rm(run, { recursive: true, force: true });
process.exitCode = await runProgram(['train', config, ...options]);
