import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { brightnessModel, Workplace } from '../cli.fixture.js';

const place = new Workplace();
afterAll(() => place.remove());
place.write('model.onnx', brightnessModel());
const starter = path.resolve(process.cwd(), '../shared/models/deeplabv3_257_mv_gpu.tflite');

describe('atrous models', () => {
  it('shows a model', async () => {
    const { code, stdout } = await place.run(['models', 'show', 'model.onnx', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      format: 'onnx',
      inputs: [{ name: 'image', dtype: 'float32', shape: [1, 3, 16, 16] }],
      outputs: [{ name: 'scores', shape: [1, 3, 16, 16] }],
      inputSize: { width: 16, height: 16 },
      sizeIsOpen: false,
      labels: ['0', '1', '2'],
      labelSource: 'numbers',
      parameters: 12,
      multiplyAdds: 16 * 16 * 9,
    });
  });

  it.skipIf(!existsSync(starter))('shows the released starter model', async () => {
    const { code, stdout } = await place.run(['models', 'show', starter]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/\nformat +TensorFlow Lite, 2\.7 MiB\n/);
    expect(stdout).toMatch(/\npixels +\(x - 127\.5\) \/ 127\.5\n/);
    expect(stdout).toMatch(/\nclasses +21, names from the label set PASCAL VOC\n/);
    expect(stdout).toMatch(/\n {2}Conv +\d+\n/);
  });

  it('lists the built-in models first, then the released ones', async () => {
    const { code, stdout } = await place.run(['models', 'list', '--json']);
    expect(code).toBe(0);
    const models = JSON.parse(stdout);
    expect(models.slice(0, 2)).toEqual([
      {
        name: 'voc',
        classes: 21,
        labelSet: 'PASCAL VOC',
        builtIn: true,
        purpose: expect.stringContaining('photographs'),
      },
      expect.objectContaining({ name: 'street', classes: 11, labelSet: 'CamVid' }),
    ]);
    expect(models).toContainEqual(
      expect.objectContaining({ name: 'deeplabv3_257_mv_gpu', classes: 21, builtIn: false }),
    );
    const { stdout: text } = await place.run(['models', 'list']);
    expect(text).toMatch(/^voc +21 classes +PASCAL VOC +built in, for ordinary photographs/);
    expect(text).toMatch(/\ndeeplabv3_257_mv_gpu +21 classes +PASCAL VOC +TensorFlow Lite/);
  });

  it('lists the networks that can be built', async () => {
    const { code, stdout } = await place.run(['models', 'list', '--architectures']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^name +parameters +multiply-adds +from\n/);
    expect(stdout).toMatch(/\ndeeplabv3plus-xception65 +41\.26 M +54\.04 G +release/);
  });

  it('refuses what is no model', async () => {
    place.write('text.tflite', 'no model');
    const { code, complaints } = await place.run(['models', 'show', 'text.tflite']);
    expect([code, complaints]).toEqual([2, [expect.stringMatching(/^text\.tflite: /)]]);
  });
});
