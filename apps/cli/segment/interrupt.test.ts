import type { ChildProcess } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, readFileSync } from 'node:fs';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { brightnessModel, Workplace } from '../cli.fixture.js';

const place = new Workplace();
afterAll(() => place.remove());

const pictures = 30;

beforeAll(async () => {
  place.write('model.onnx', brightnessModel());
  const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const;
  const create = { width: 800, height: 500, channels: 3, background: '#888', noise } as const;
  place.write('noise.png', await sharp({ create }).png({ compressionLevel: 1 }).toBuffer());
  mkdirSync(place.path('many'));
  for (let index = 0; index < pictures; index++) {
    linkSync(place.path('noise.png'), place.path('many', `${index}.png`));
  }
});

/** Runs a long batch on two lanes, and does something once three pictures are done. */
function batch(out: string, act: (child: ChildProcess) => void) {
  let acted = false;
  const args = ['segment', 'many', '-m', 'model.onnx', '-o', out, '--threads', '2'];
  return place.run(args, {
    watch: (child, stdout) => {
      if (acted || stdout.split('\n').length < 5) return;
      acted = true;
      act(child);
    },
  });
}

/** Processes that a process has started. */
function childrenOf(pid: number): readonly number[] {
  const list = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return list.trim().split(' ').map(Number);
}

const canSeeChildren = existsSync(`/proc/${process.pid}/task/${process.pid}/children`);

describe.skipIf(process.platform === 'win32')('a batch that is interrupted', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('%s: ends by it, all files whole', async (signal) => {
    const out = `out-${signal}`;
    let lanes: readonly number[] = [];
    const result = await batch(out, (child) => {
      if (canSeeChildren) lanes = childrenOf(child.pid ?? 0);
      child.kill(signal);
    });
    expect([result.signal, result.stderr]).toEqual([signal, '']);
    for (const pid of lanes) expect(existsSync(`/proc/${pid}`)).toBe(false);
    const names = place.list(out);
    expect(names.filter((name) => name.endsWith('.partial'))).toEqual([]);
    const whole = names.filter((name) => name.endsWith('.json') && name !== '.atrous.json');
    expect(whole.length).toBeGreaterThanOrEqual(3);
    expect(whole.length).toBeLessThan(pictures);
    for (const name of whole) {
      expect(JSON.parse(readFileSync(place.path(out, name), 'utf8')).width).toBe(800);
    }
    const png = names.findLast((name) => name.endsWith('.overlay.png')) ?? '';
    await expect(sharp(place.path(out, png)).stats()).resolves.toBeDefined();
  });

  it.skipIf(!canSeeChildren)('a crash of one lane fails one picture', async () => {
    const result = await batch('crash', (child) => {
      const [lane = 0] = childrenOf(child.pid ?? 0);
      process.kill(lane, 'SIGKILL');
    });
    expect(result.code).toBe(1);
    expect(result.complaints).toEqual([
      expect.stringMatching(
        /^many\/\d+\.png: the process that worked on it has ended \(SIGKILL\)$/,
      ),
    ]);
    const names = place.list('crash');
    expect(names.filter((name) => name.endsWith('.mask.png'))).toHaveLength(pictures - 1);
    expect(names.filter((name) => name.endsWith('.partial'))).toEqual([]);
  });
});
