import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { evaluate } from './evaluate.js';

const shared = path.resolve(process.cwd(), '../shared');
const dataset = path.join(shared, 'data/voc-animals/val');
const model = (name: string) => path.join(shared, 'models', `${name}.tflite`);
const classes = ['background', 'cat', 'cow', 'dog', 'horse', 'person', 'sheep'];
const missing = !existsSync(dataset) || !existsSync(model('deeplabv3_257_mv_gpu'));

describe.skipIf(missing)('released models on photographs of PASCAL VOC', () => {
  it('score as with an independent runtime: the float starter model 71.0 % mIoU', async () => {
    const options = { model: model('deeplabv3_257_mv_gpu'), dataset, classes };
    const { report, images } = await evaluate({ ...options, boundary: [2, 10] });
    expect(images).toBe(223);
    expect(Math.abs(100 * (report?.mIoU ?? 0) - 71)).toBeLessThanOrEqual(0.5);
    // Errors gather along boundaries.
    const [narrow, wide] = report?.boundary ?? [];
    expect(narrow?.mIoU).toBeLessThan(wide?.mIoU ?? 0);
    expect(wide?.mIoU).toBeLessThan(report?.mIoU ?? 0);
  }, 120_000);

  it('gain from a larger input, and do not lose by flips', async () => {
    const first = { dataset, classes, limit: 8 };
    const starter = { ...first, model: model('deeplabv3_257_mv_gpu') };
    const score = async (options: Parameters<typeof evaluate>[0]) =>
      (await evaluate(options)).report?.pixelAccuracy ?? 0;
    const small = await score(starter);
    const large = await score({ ...first, model: model('deeplabv3_mnv2_dm05_pascal_quant') });
    expect(large).toBeGreaterThan(small);
    expect(await score({ ...starter, flip: true })).toBeGreaterThan(small - 0.01);
  }, 120_000);
});
