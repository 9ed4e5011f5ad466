import { describe, expect, it } from 'vitest';
import { seededRandom } from '../core/random.js';
import { labelMap } from './image.js';
import { summariseLabels } from './label-summary.js';

describe('summary of a label map', () => {
  it('lists the classes present, biggest first, with share and box', () => {
    const data = Uint8Array.of(0, 0, 0, 2, 2, 0, 0, 0, 2, 0, 7, 0, 0, 0, 255);
    expect(summariseLabels(labelMap(5, 3, data), 21)).toEqual([
      { index: 0, pixels: 10, share: 10 / 15, box: { x: 0, y: 0, width: 5, height: 3 } },
      { index: 2, pixels: 3, share: 3 / 15, box: { x: 3, y: 0, width: 2, height: 2 } },
      { index: 7, pixels: 1, share: 1 / 15, box: { x: 0, y: 2, width: 1, height: 1 } },
    ]);
  });

  it('agrees with counting pixel by pixel on random maps', () => {
    const random = seededRandom(1);
    for (let round = 0; round < 30; round++) {
      const [width, height] = [random.integer(1, 30), random.integer(1, 30)];
      const data = Uint16Array.from({ length: width * height }, () => random.integer(0, 400));
      const summaries = summariseLabels(labelMap(width, height, data), 390);
      const listed = summaries.reduce((sum, { pixels }) => sum + pixels, 0);
      expect(listed).toBe(data.filter((label) => label < 390).length);
      for (const { index, pixels, box } of summaries) {
        const places = [...data.keys()].filter((at) => data[at] === index);
        const xs = places.map((at) => at % width);
        const ys = places.map((at) => Math.floor(at / width));
        expect(pixels).toBe(places.length);
        expect([box.x, box.y]).toEqual([Math.min(...xs), Math.min(...ys)]);
        expect(box.x + box.width - 1).toBe(Math.max(...xs));
        expect(box.y + box.height - 1).toBe(Math.max(...ys));
      }
    }
  });

  it('is empty where every pixel is void', () => {
    expect(summariseLabels(labelMap(2, 2, new Uint8Array(4).fill(255)), 21)).toEqual([]);
  });
});
