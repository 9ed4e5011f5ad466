/**
 * Segments photographs: those in examples/photos, or others.
 *
 *     npm run demo
 *     npm run demo -- MODEL
 *     npm run demo -- MODEL PICTURE...
 *
 * The network's answer is refined by the dense CRF, which draws its edges along the picture's and
 * takes specks away. The pictures made go to out/demo.
 */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { addLegend, formatShare } from '../src/image/index.js';
import { sharpTextRasteriser } from '../src/image/node/index.js';
import {
  AtrousError,
  type CrfSettings,
  encodeMaskPng,
  encodeOverlayPng,
  type Segmentation,
  Segmenter,
} from '../src/index.js';

const photoFolder = 'examples/photos';
const outputFolder = 'out/demo';

/** Colours of one object may differ more than by the papers' parameters, as they do in fur. */
const crf: CrfSettings = { bilateralColourDeviation: 5, spatialPositionDeviation: 3 };

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
    // A model may give class indices alone, without the scores that a CRF starts from.
    const options = segmenter.describe().output.kind === 'scores' ? { crf } : {};
    for (const picture of pictures) {
      const segmentation = await segmenter.segment(picture, options);
      console.log(`${picture}: ${describe(segmentation)}`);
      for (const file of await save(segmentation, parse(picture).name)) console.log(`  ${file}`);
    }
  } finally {
    await segmenter.dispose();
  }
}

/** `cat 78.0 %, background 22.0 % (network 70 ms, CRF 400 ms)` */
function describe({ classes, timings }: Segmentation): string {
  const shares = classes.map(({ label, share }) => `${label} ${formatShare(share)}`);
  const { network, crf: refined } = timings;
  const times = `network ${Math.round(network)} ms, CRF ${Math.round(refined)} ms`;
  return `${shares.join(', ')} (${times})`;
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
