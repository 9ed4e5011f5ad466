import { describe, expect, it } from 'vitest';
import { publishedSearchRanges } from '../../../../src/crf/index.js';
import { parseFixed } from './fixed.js';
import { parseRanges } from './ranges.js';

describe('ranges of the search', () => {
  it('are those of a paper by its name', () => {
    expect(parseRanges('deeplabv1')).toEqual(publishedSearchRanges.deeplabv1);
    expect(parseRanges('deeplabv2')).toEqual(publishedSearchRanges.deeplabv2);
  });

  it("are read in the papers' notation", () => {
    const { deeplabv2 } = publishedSearchRanges;
    expect(parseRanges('bi_w=3:6,bi_xy_std=30:10:100,bi_rgb_std=3:6')).toEqual(deeplabv2);
    expect(parseRanges('bi_w=4')).toEqual({ ...deeplabv2, bilateralWeight: [4] });
    expect(parseRanges('bi_rgb_std=0.1:0.1:0.5').bilateralColourDeviation).toEqual([
      0.1, 0.2, 0.3, 0.4, 0.5,
    ]);
  });

  it.each([
    ['deeplab', /no ranges "deeplab" .*deeplabv1, deeplabv2/],
    ['pos_w=3', /"pos_w" is not searched for .*--fixed/],
    ['bi_w=6:3', /--ranges, bi_w: not a range/],
    ['bi_w=', /found nothing/],
    ['bi_w=1:2:3:4', /not a range/],
    ['bi_w=1:0:3', /not a range/],
    ['bi_w=1:0.001:30', /at most 50 values/],
    ['bi_w=x', /not a range/],
  ])('refuse %j', (text, message) => {
    expect(() => parseRanges(text)).toThrow(message);
  });

  it('leave the other parameters as they are told', () => {
    expect(parseFixed('pos_w=2,iterations=5')).toEqual({ spatialWeight: 2, iterations: 5 });
    expect(() => parseFixed('bi_w=4')).toThrow(/--fixed: .* are searched for .*--ranges/);
    expect(() => parseFixed('pos_w=-1')).toThrow(/--fixed, pos_w/);
  });
});
