import { describe, expect, it } from 'vitest';
import { DeviceError } from '../../core/errors.js';
import { nodeRuntime } from '../../runtime/node/index.js';
import type { Runtime } from '../../runtime/session.js';
import { blockedLayoutWidth } from './blocked-layout.js';

const inner = nodeRuntime({ worker: false });

/** A runtime to which a name in the probe is another one of the same length. */
function knowing(name: string, other: string): Runtime {
  return {
    ...inner,
    open: (model, options) => {
      const bytes = Buffer.from(model);
      for (let at = bytes.indexOf(name); at >= 0; at = bytes.indexOf(name)) bytes.write(other, at);
      return inner.open(bytes, options);
    },
  };
}

describe('the width of the blocked layout', () => {
  it.each([
    ['operator', 'ReorderInput', 'ReorderOther'],
    ['domain', 'com.microsoft.nchwc', 'com.microsoft.other'],
  ])('is undefined where the %s is unknown', async (_, name, other) => {
    expect(await blockedLayoutWidth(knowing(name, other))).toBeUndefined();
  });

  it('is not found, rather than undefined, where the probe fails for another reason', async () => {
    const failure = new DeviceError({
      place: 'device cpu',
      problem: 'its memory does not suffice',
    });
    const failing: Runtime = { ...inner, open: () => Promise.reject(failure) };
    await expect(blockedLayoutWidth(failing)).rejects.toBe(failure);
  });
});
