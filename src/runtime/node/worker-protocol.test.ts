import { describe, expect, it } from 'vitest';
import * as errors from '../../core/errors.js';
import { packError, unpackError } from './worker-protocol.js';

const { AtrousError, InternalError } = errors;
const parts = {
  place: 'mask.png',
  problem: 'not written',
  expected: 'room on the disk',
  found: 'none',
  fix: 'make room',
};

/** What becomes of an error on its way between threads. */
const sent = (thrown: unknown) => unpackError(structuredClone(packError(thrown)));

describe('an error that was thrown in another thread', () => {
  const classes = Object.entries(errors).flatMap(([name, type]) =>
    name.endsWith('Error') && name !== 'InternalError'
      ? [[name, type as typeof AtrousError] as const]
      : [],
  );

  it.each(classes)('keeps its class, message and parts: %s', (name, type) => {
    const before = new type({ ...parts, cause: new TypeError('disk full') });
    const after = sent(before);
    expect(after).toBeInstanceOf(type);
    expect(after.name).toBe(name);
    expect(after.message).toBe(before.message);
    expect(after).toMatchObject(parts);
    expect(after.cause).toEqual(new Error('disk full'));
    expect(sent(new type({ place: 'a', problem: 'b' })).message).toBe('a: b');
  });

  it('keeps its class and message: InternalError', () => {
    const before = new InternalError('lowering', 'a value is missing');
    const after = sent(before);
    expect(after).toBeInstanceOf(InternalError);
    expect(after.message).toBe(before.message);
  });

  it('of a class that only its own folder knows is an AtrousError with the same message', () => {
    class OwnError extends AtrousError {
      override readonly name = 'OwnError';
    }
    const before = new OwnError(parts);
    expect(sent(before).message).toBe(before.message);
  });

  it('that is none of ours is a failure of the device', () => {
    const after = sent(new TypeError('out of\nluck'));
    expect(after).toBeInstanceOf(errors.DeviceError);
    expect(after.message).toBe('session: out of luck');
  });
});
