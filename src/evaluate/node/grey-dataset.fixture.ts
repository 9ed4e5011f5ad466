import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { seededRandom } from '../../core/random.js';
import type { LabelMap, RgbImage } from '../../image/index.js';
import { encodeMaskPng, encodeOverlayPng } from '../../image/node/index.js';
import { greyPicture } from '../../segment/brightness-model.fixture.js';

/** A picture of grey boxes with the truth of it. */
export interface GreySample {
  readonly image: RgbImage;
  readonly label: LabelMap;
}

/**
 * Boxes of the brightness of a class, for models that tell classes by brightness; some pixels are
 * void, and the truth of a tenth of the others is another class.
 */
export function greySample(seed: number, classes: number, width = 40, height = 24): GreySample {
  const random = seededRandom(seed);
  const grey = new Uint8Array(width * height);
  for (let box = 0; box < 6; box++) {
    const [x, y] = [random.integer(0, width - 8), random.integer(0, height - 8)];
    const value = random.integer(0, classes - 1);
    for (let row = y; row < y + 8; row++) grey.fill(value, row * width + x, row * width + x + 8);
  }
  const data = grey.map((value) => {
    const draw = random.uniform();
    return draw < 0.05 ? 255 : draw < 0.15 ? random.integer(0, classes - 1) : value;
  });
  const brightness = (x: number, y: number) =>
    Math.round(((grey[y * width + x] ?? 0) * 255) / (classes - 1));
  return { image: greyPicture(width, height, brightness), label: { width, height, data } };
}

/** A temporary folder that a test fills. */
export class TestFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async make(): Promise<TestFolder> {
    return new TestFolder(await mkdtemp(join(tmpdir(), 'atrous-evaluate-')));
  }

  at(...parts: readonly string[]): string {
    return join(this.path, ...parts);
  }

  /** Writes a file, its folders with it, and gives its path. */
  async write(name: string, content: Uint8Array | string): Promise<string> {
    await mkdir(dirname(this.at(name)), { recursive: true });
    await writeFile(this.at(name), content);
    return this.at(name);
  }

  /** Writes a dataset of grey pictures as a folder with `dataset.json`. */
  async writeDataset(
    name: string,
    samples: ReadonlyMap<string, GreySample>,
    { classes, split = 'val' }: { readonly classes: readonly string[]; readonly split?: string },
  ): Promise<string> {
    await this.write(`${name}/dataset.json`, JSON.stringify({ classes, ignore: 255 }));
    for (const [id, { image, label }] of samples) {
      await this.write(`${name}/${split}/images/${id}.png`, await encodeOverlayPng(image));
      await this.write(`${name}/${split}/labels/${id}.png`, await encodeMaskPng(label, []));
    }
    return this.at(name);
  }

  remove(): Promise<void> {
    return rm(this.path, { recursive: true, force: true });
  }
}
