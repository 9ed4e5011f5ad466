/**
 * Segments photographs: those in examples/photos, or others.
 *
 *     npm run demo
 *     npm run demo -- MODEL
 *     npm run demo -- MODEL PICTURE...
 *
 * The pictures made go to out/demo.
 */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { addLegend, formatShare } from '../src/image/index.js';
import { sharpTextRasteriser } from '../src/image/node/index.js';
import {
  AtrousError,
  encodeMaskPng,
  encodeOverlayPng,
  type Segmentation,
  Segmenter,
} from '../src/index.js';

const photoFolder = 'examples/photos';
const outputFolder = 'out/demo';

const [model = 'voc', ...chosen] = process.argv.slice(2);

try {
  await segmentAll(model, chosen.length > 0 ? chosen : await examplePhotos());
} catch (error) {
  if (!(error instanceof AtrousError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

async function segmentAll(modelFile: string, pictures: readonly string[]): Promise<void> {
  const segmenter = await Segmenter.load(modelFile);
  try {
    // Opens the network now, so that the first picture's time does not include it.
    await segmenter.warmUp();
    await mkdir(outputFolder, { recursive: true });
    for (const picture of pictures) {
      const segmentation = await segmenter.segment(picture);
      console.log(`${picture}: ${describe(segmentation)}`);
      for (const file of await save(segmentation, parse(picture).name)) console.log(`  ${file}`);
    }
  } finally {
    await segmenter.dispose();
  }
}

/** `cat 78.3 %, background 21.7 % (59 ms)` */
function describe({ classes, timings }: Segmentation): string {
  const shares = classes.map(({ label, share }) => `${label} ${formatShare(share)}`);
  const { decode, preprocess, network, labelMap } = timings;
  return `${shares.join(', ')} (${Math.round(decode + preprocess + network + labelMap)} ms)`;
}

/** Writes the picture with its classes tinted, and the label map in their colours. */
async function save(segmentation: Segmentation, name: string): Promise<readonly string[]> {
  const overlay = await addLegend(
    segmentation.overlay(),
    segmentation.legend(),
    sharpTextRasteriser(),
  );
  const mask = segmentation.mask();
  const files = [
    { path: join(outputFolder, `${name}.overlay.png`), data: await encodeOverlayPng(overlay) },
    { path: join(outputFolder, `${name}.mask.png`), data: await encodeMaskPng(mask, mask.palette) },
  ];
  for (const { path, data } of files) await writeFile(path, data);
  return files.map(({ path }) => path);
}

async function examplePhotos(): Promise<readonly string[]> {
  const names = await readdir(photoFolder);
  return names
    .filter((name) => name.endsWith('.png'))
    .sort()
    .map((name) => join(photoFolder, name));
}
