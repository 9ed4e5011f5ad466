import { afterAll, describe, expect, it } from 'vitest';
import { brightnessModel, Workplace } from '../cli.fixture.js';

const place = new Workplace();
afterAll(() => place.remove());
place.write('model.onnx', brightnessModel());

describe('atrous benchmark', () => {
  it('prints one JSON object', async () => {
    const args = ['benchmark', 'model.onnx', '--json', '--runs', '20', '--batch', '4', '--profile'];
    const { code, stdout, stderr } = await place.run(args);
    expect([code, stderr]).toEqual([0, '']);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ inputSize: '16x16', batch: 4, runs: 20, device: 'cpu' });
    // One 1x1 convolution from 3 to 3 channels.
    expect(result.multiplyAdds).toBe(4 * 16 * 16 * 9);
    expect(result.minMs).toBeGreaterThan(0);
    expect(result.medianMs).toBeGreaterThanOrEqual(result.minMs);
    expect(result.p90Ms).toBeGreaterThanOrEqual(result.medianMs);
    expect(result.maxMs).toBeGreaterThanOrEqual(result.p90Ms);
    expect(result.gflops).toBeCloseTo((2 * result.multiplyAdds) / result.medianMs / 1e6, 1);
    expect(result.shareOfDense).toBeCloseTo(result.gflops / result.denseConvolutionGflops, 2);
    expect(result.denseConvolutionGflops).toBeGreaterThan(0.1);
    expect(result.loadMs).toBeGreaterThan(0);
    expect(result.warmUpMs).toBeGreaterThan(0);
    expect(result.peakMemoryBytes).toBeGreaterThan(2 ** 24);
    const [first] = result.operators.byType;
    expect(first.ms).toBeGreaterThan(0);
    expect(result.operators.byNode.length).toBeGreaterThan(0);
  });

  it('prints aligned text', async () => {
    const { code, stdout } = await place.run(['benchmark', 'model.onnx', '--runs', '5']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^model\.onnx: 16x16, cpu, .*, 5 runs\n/);
    expect(stdout).toMatch(/\nmedian +\d+\.\d\d {2}ms\n/);
    expect(stdout).toMatch(/\nshare of dense +\d+ {2}%\n/);
  });

  it('starts nothing with a missing model', async () => {
    const { code, complaints } = await place.run(['benchmark', 'gone.onnx']);
    expect([code, complaints]).toEqual([2, [expect.stringMatching(/^gone\.onnx: /)]]);
  });
});
