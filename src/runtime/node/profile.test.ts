import { describe, expect, it } from 'vitest';
import { FormatError } from '../../core/errors.js';
import { parseProfile } from './profile.js';

describe('a profile of ONNX Runtime', () => {
  it('is summed by node, longest first', () => {
    const kernel = (name: string, op: string, dur: number) => ({
      cat: 'Node',
      name: `${name}_kernel_time`,
      dur,
      args: { op_name: op },
    });
    const events = [
      { cat: 'Session', name: 'model_run', dur: 1000, args: {} },
      kernel('relu', 'Relu', 5),
      { ...kernel('relu', 'Relu', 99), name: 'relu_fence_before' },
      kernel('conv', 'Conv', 7),
      kernel('relu', 'Relu', 6),
      null,
      { cat: 'Node', name: 'odd_kernel_time', dur: 'long', args: {} },
    ];
    expect(parseProfile(JSON.stringify(events))).toEqual([
      { operator: 'Relu', name: 'relu', microseconds: 11, count: 2 },
      { operator: 'Conv', name: 'conv', microseconds: 7, count: 1 },
    ]);
  });

  it('is refused when it is cut off or something else', () => {
    for (const text of ['', '[{"cat":', '{}']) {
      expect(() => parseProfile(text)).toThrow(FormatError);
    }
  });
});
