import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeMaskPng } from '../../../image/node/index.js';
import type { DatasetClasses } from '../../dataset-source.js';
import { encodedImage } from '../encoded-image.js';
import { isFolder } from '../folder-content.js';
import { inTheWay, notWritten } from './output-trouble.js';
import type { SampleWriter } from './sample-writer.js';

/** Writes `SPLIT/images/ID.jpg` or `.png` and `SPLIT/labels/ID.png`. */
export async function folderWriter(
  output: string,
  source: DatasetClasses & { readonly split: string; readonly labelled: boolean },
): Promise<SampleWriter> {
  const folder = join(output, source.split);
  if (await isFolder(folder)) throw inTheWay(folder);
  const partial = join(output, `.${source.split}.${process.pid}.partial`);
  const [images, labels] = [join(partial, 'images'), join(partial, 'labels')];
  const discard = (): Promise<void> => rm(partial, { recursive: true, force: true });
  try {
    await mkdir(images, { recursive: true });
    if (source.labelled) await mkdir(labels);
  } catch (cause) {
    await discard();
    throw notWritten(partial, cause);
  }
  return {
    write: async ({ id, image, label }, location) => {
      const { bytes, format } = await encodedImage(location, image);
      const name = `${id}.${format === 'jpeg' ? 'jpg' : 'png'}`;
      await written(join(images, name), bytes);
      if (label === undefined) return;
      await written(join(labels, `${id}.png`), await encodeMaskPng(label, source.palette));
    },
    finish: async () => {
      try {
        await rename(partial, folder);
      } catch (cause) {
        throw notWritten(folder, cause);
      }
      return [folder];
    },
    discard,
  };
}

async function written(path: string, bytes: Uint8Array): Promise<void> {
  try {
    // Two samples of one name would be an error of the listing.
    await writeFile(path, bytes, { flag: 'wx' });
  } catch (cause) {
    throw notWritten(path, cause);
  }
}
