import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatDescription } from '../../src/data/dataset-description.js';
import { encodeMaskPng, encodeOverlayPng } from '../../src/image/node/index.js';
import type { ShapesSource } from './shapes-source.js';

/** Writes splits as `SPLIT/images/ID.png` and `SPLIT/labels/ID.png`, described by `dataset.json`. */
export async function writeDataset(folder: string, splits: readonly ShapesSource[]): Promise<void> {
  for (const split of splits) {
    const [images, masks] = [
      join(folder, split.split, 'images'),
      join(folder, split.split, 'labels'),
    ];
    await mkdir(images, { recursive: true });
    await mkdir(masks, { recursive: true });
    for (const [index, id] of split.ids.entries()) {
      const { image, label } = await split.read(index);
      await writeFile(join(images, `${id}.png`), await encodeOverlayPng(image));
      await writeFile(join(masks, `${id}.png`), await encodeMaskPng(label, split.palette));
    }
  }
  const [first] = splits;
  // Last, so that a folder with a description is complete.
  if (first !== undefined) {
    await writeFile(join(folder, 'dataset.json'), formatDescription(first.name, first));
  }
}
