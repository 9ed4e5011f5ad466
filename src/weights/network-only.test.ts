import { describe, expect, it } from 'vitest';
import { type Tensor, tensor } from '../core/tensor.js';
import { decodeCheckpoint, inferenceWeights } from './checkpoint.js';
import { networkOnly } from './network-only.js';
import { checkpointBytes, smallCheckpoint } from './small-checkpoint.fixture.js';

const average = 'logits/semantic/biases/ExponentialMovingAverage';
const trained = smallCheckpoint();
const values = tensor('float32', [4], Float32Array.of(1, 2, 3, 4));
trained.tensors.set(average, values);
trained.tensors.set('logits/semantic/biases/Momentum', values);

function numbers(tensors: ReadonlyMap<string, Tensor>, name: string): readonly number[] {
  return Array.from(tensors.get(name)?.data ?? [], Number);
}

describe('a checkpoint without what only training needs', () => {
  it('has the averages for parameters, and nothing of the optimizer', () => {
    const { tensors } = networkOnly(trained, 'a');
    expect(numbers(tensors, 'logits/semantic/biases')).toEqual([1, 2, 3, 4]);
    expect([...tensors.keys()].filter((name) => /Momentum|Exponential/.test(name))).toEqual([]);
    const name = 'aspp0/weights';
    expect(tensors.get(name)).toEqual(inferenceWeights(trained).get(name));
  });

  it('in half precision is half as large and opens with 11 bits of each filter', () => {
    const whole = checkpointBytes(networkOnly(trained, 'a'));
    const half = checkpointBytes(networkOnly(trained, 'a', { float16: true }));
    expect(half.length).toBeLessThan(0.6 * whole.length);
    const [own, opened] = [inferenceWeights(trained), decodeCheckpoint(half, 'a').tensors];
    const name = 'MobilenetV2/expanded_conv_3/expand/weights';
    expect(opened.get(name)?.dtype).toBe('float32');
    const [exact, rounded] = [numbers(own, name), numbers(opened, name)];
    for (const [at, value] of exact.entries()) {
      expect(Math.abs(value - (rounded[at] ?? 0))).toBeLessThanOrEqual(
        Math.max(Math.abs(value) * 2 ** -11, 2 ** -25),
      );
    }
    const gamma = name.replace('weights', 'BatchNorm/gamma');
    expect(numbers(opened, gamma)).toEqual(numbers(own, gamma));
  });

  it('keeps in float32 what half precision cannot hold', () => {
    const wild = smallCheckpoint();
    const filters = tensor('float32', [4, 256, 1, 1], new Float32Array(1024).fill(1e6));
    wild.tensors.set('logits/semantic/weights', filters);
    const { tensors } = networkOnly(wild, 'a', { float16: true });
    expect(tensors.get('logits/semantic/weights')).toEqual(filters);
  });

  it('says how it is to be built', () => {
    const size = { width: 513, height: 257 };
    const { metadata } = networkOnly(trained, 'a', { outputStride: 8, size });
    expect(metadata.network.outputStride).toBe(8);
    expect(metadata.size).toEqual([513, 257]);
    expect(metadata.labels).toEqual(trained.metadata.labels);
  });
});
