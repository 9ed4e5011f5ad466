import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { brightnessOnnx } from '../../../../src/segment/brightness-model.fixture.js';
import { BaseSegmenter } from '../../../../src/segment/segmenter.js';
import { Workplace } from '../../cli.fixture.js';
import { Workbench } from './workbench.js';

const place = new Workplace();
afterAll(() => place.remove());
afterEach(() => vi.restoreAllMocks());
place.write('open.onnx', brightnessOnnx({ classes: 3 }));

describe('a lane of pictures', () => {
  it.each([
    [undefined, 33],
    [[1, 0.5], 33],
    [[0.5, 1.25], 17],
  ])('opens a session that pictures at scales %j use', async (scales, side) => {
    const warmUp = vi.spyOn(BaseSegmenter.prototype, 'warmUp');
    const workbench = await Workbench.open({
      model: place.path('open.onnx'),
      size: { width: 33, height: 33 },
      ...(scales === undefined ? {} : { scales }),
      device: 'cpu',
      threads: 1,
      run: process.pid,
    });
    await workbench.close();
    expect(warmUp.mock.calls).toEqual([[{ width: side, height: side }]]);
  });
});
