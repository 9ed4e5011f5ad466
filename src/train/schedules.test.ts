import { describe, expect, it } from 'vitest';
import { learningRate, type ScheduleSettings } from './schedules.js';

const steps = 1000;
const at = (schedule: ScheduleSettings, step: number) =>
  learningRate({ base: 0.01, schedule }, step, steps);

describe('learningRate', () => {
  it('falls by a power of the steps left', () => {
    expect(at({ kind: 'poly' }, 0)).toBe(0.01);
    expect(at({ kind: 'poly' }, 500)).toBeCloseTo(0.01 * 0.5 ** 0.9, 12);
    expect(at({ kind: 'poly', power: 2, end: 0.002 }, 250)).toBeCloseTo(
      0.002 + 0.008 * 0.75 ** 2,
      12,
    );
    expect(at({ kind: 'poly' }, steps)).toBe(0);
    expect(at({ kind: 'poly', end: 0.001 }, steps + 5)).toBe(0.001);
  });

  it('falls in steps', () => {
    const schedule: ScheduleSettings = { kind: 'step', every: 300, factor: 0.5 };
    expect([0, 299, 300, 899, 900].map((step) => at(schedule, step))).toEqual([
      0.01, 0.01, 0.005, 0.0025, 0.00125,
    ]);
  });

  it('falls at given steps', () => {
    const schedule: ScheduleSettings = { kind: 'multi-step', at: [100, 400], factor: 0.1 };
    const found = [99, 100, 399, 400].map((step) => at(schedule, step));
    for (const [index, rate] of [0.01, 0.001, 0.001, 0.0001].entries()) {
      expect(found[index]).toBeCloseTo(rate, 12);
    }
  });

  it('falls by half a cosine', () => {
    expect(at({ kind: 'cosine' }, 0)).toBe(0.01);
    expect(at({ kind: 'cosine', end: 0.002 }, 250)).toBeCloseTo(
      0.002 + 0.004 * (1 + Math.SQRT1_2),
      12,
    );
    expect(at({ kind: 'cosine', end: 0.002 }, steps)).toBeCloseTo(0.002, 12);
    expect(at({ kind: 'constant' }, 999)).toBe(0.01);
  });

  it('starts slowly, and then as if the run began', () => {
    const schedule: ScheduleSettings = { kind: 'poly' };
    const constant = { base: 0.01, schedule, slowStart: { steps: 100, rate: 0.0002 } };
    expect(learningRate(constant, 99, 1100)).toBe(0.0002);
    expect(learningRate(constant, 100, 1100)).toBe(0.01);
    expect(learningRate(constant, 600, 1100)).toBe(at(schedule, 500));
    const linear = { ...constant, slowStart: { ...constant.slowStart, kind: 'linear' as const } };
    expect(learningRate(linear, 0, 1100)).toBe(0.0002);
    expect(learningRate(linear, 50, 1100)).toBeCloseTo(0.0051, 12);
  });
});
