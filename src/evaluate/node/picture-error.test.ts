import { describe, expect, it } from 'vitest';
import { AtrousError, DeviceError, FormatError, OutputError } from '../../core/errors.js';
import { pictureError } from './picture-error.js';

describe('the error of a picture', () => {
  it('is what was thrown where that names the picture or a file', () => {
    const place = 'sample "1", val/images/1.png';
    const read = new FormatError({ place, problem: 'the file is empty' });
    const written = new OutputError({ place: 'out/1.png', problem: 'not written: no space' });
    expect(pictureError('1', read)).toBe(read);
    expect(pictureError('1', written)).toBe(written);
  });

  it('names the picture where the message only has the same letters', () => {
    for (const thrown of [
      new DeviceError({ place: 'session on cpu', problem: 'the run failed: status 1' }),
      new FormatError({ place: 'sample "11", val/images/11.png', problem: 'the file is empty' }),
      new RangeError('Invalid array length 1'),
    ]) {
      const error = pictureError('1', thrown);
      expect(error).toBeInstanceOf(AtrousError);
      expect(error.message).toBe(`1: ${thrown.message}`);
      expect(error.cause).toBe(thrown);
    }
  });
});
