import { describe, expect, it } from 'vitest';
import { AtrousError, FormatError, InternalError, messageOf } from './errors.js';

describe('an error message', () => {
  it('names place, problem, what was expected and found, and the fix, in this order', () => {
    const error = new FormatError({
      place: 'model.tflite',
      problem: 'the file is cut short',
      expected: '100 bytes',
      found: '60',
      fix: 'download it again',
    });
    expect(error.message).toBe(
      'model.tflite: the file is cut short (expected 100 bytes, found 60); download it again',
    );
    expect(error).toBeInstanceOf(AtrousError);
    expect(error.name).toBe('FormatError');
    expect(error.place).toBe('model.tflite');
  });

  it('stays on one line, whatever a name out of a file holds', () => {
    const error = new FormatError({
      place: 'a\nb\u0000c\u2028d',
      problem: 'tab\there',
      found: 'ä ✓',
    });
    expect(error.message).toBe('a\\u000ab\\u0000c\\u2028d: tab\\u0009here (found ä ✓)');
    expect(error.place).toBe('a\nb\u0000c\u2028d');
  });

  it('leaves out what is not known', () => {
    const bare = new AtrousError({ place: 'here', problem: 'no' });
    expect(bare.message).toBe('here: no');
    expect(bare.cause).toBeUndefined();
    expect(new AtrousError({ place: 'here', problem: 'no', found: '1' }).message).toBe(
      'here: no (found 1)',
    );
  });

  it('keeps its cause', () => {
    const cause = new RangeError('inner');
    expect(new AtrousError({ place: 'here', problem: 'no', cause }).cause).toBe(cause);
    expect(new InternalError('pass', 'broke', cause).message).toBe(
      'internal: pass: broke; please report this',
    );
  });

  it('of anything thrown fits on one line', () => {
    expect(messageOf(new Error(' two\n   lines '))).toBe('two lines');
    expect(messageOf('text')).toBe('text');
    expect(messageOf(undefined)).toBe('undefined');
  });
});
