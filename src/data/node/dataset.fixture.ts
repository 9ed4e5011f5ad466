import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { seededRandom } from '../../core/random.js';
import {
  type LabelMap,
  labelMap,
  type Palette,
  type RgbImage,
  rgbImage,
} from '../../image/index.js';
import { encodeMaskPng, encodeOverlayPng } from '../../image/node/index.js';
import { pngBytes } from '../../image/node/png/png-bytes.fixture.js';

/** A folder of its own for tests that need datasets on disk. */
export class DatasetFolder {
  readonly root: string;

  private constructor(root: string) {
    this.root = root;
  }

  static async make(): Promise<DatasetFolder> {
    return new DatasetFolder(await mkdtemp(join(tmpdir(), 'atrous-data-')));
  }

  path(...parts: readonly string[]): string {
    return join(this.root, ...parts);
  }

  async write(name: string, content: Uint8Array | string): Promise<string> {
    await mkdir(dirname(this.path(name)), { recursive: true });
    await writeFile(this.path(name), content);
    return this.path(name);
  }

  remove(): Promise<void> {
    return rm(this.root, { recursive: true, force: true });
  }
}

/** A label map of rectangles of some of the values; the same for the same id. */
export function blockLabel(
  id: string,
  values: readonly number[],
  width = 24,
  height = 16,
): LabelMap {
  const random = seededRandom([...id].reduce((sum, each) => sum * 31 + each.charCodeAt(0), 7));
  const label = labelMap(width, height);
  label.data.fill(values[0] ?? 0);
  for (const value of values) {
    const left = random.integer(0, width - 2);
    const top = random.integer(0, height - 2);
    for (let y = top; y < Math.min(height, top + 6); y++) {
      label.data.fill(value, y * width + left, y * width + Math.min(width, left + 9));
    }
  }
  return label;
}

/** The picture whose colours are those of its classes; white where a value has none. */
export function pictureOf(label: LabelMap, palette: Palette): RgbImage {
  const picture = rgbImage(label.width, label.height);
  label.data.forEach((value, pixel) => {
    picture.data.set(palette[value] ?? [255, 255, 255], pixel * 3);
  });
  return picture;
}

/** A picture file without loss. */
export function pictureFile(label: LabelMap, palette: Palette): Promise<Uint8Array> {
  return encodeOverlayPng(pictureOf(label, palette));
}

/** Label files of each kind. */
export const labelFiles = {
  palette: (label: LabelMap, palette: Palette): Promise<Uint8Array> =>
    encodeMaskPng(label, palette),
  grey: async ({ width, height, data }: LabelMap): Promise<Uint8Array> =>
    pngBytes({ width, height, colourType: 0, bitDepth: 8, samples: data }),
  rgb: async (label: LabelMap, palette: Palette): Promise<Uint8Array> =>
    pngBytes({
      width: label.width,
      height: label.height,
      colourType: 2,
      bitDepth: 8,
      samples: pictureOf(label, palette).data,
    }),
} as const;
