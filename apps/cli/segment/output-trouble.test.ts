import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { brightnessModel, mainScript, picturePng, Workplace } from '../cli.fixture.js';

const place = new Workplace();
afterAll(() => place.remove());

beforeAll(async () => {
  place.write('model.onnx', brightnessModel());
  place.write('small.png', await picturePng());
  place.write('large.png', await picturePng(600, 600));
});

const args = (...rest: readonly string[]) => ['segment', ...rest, '-m', 'model.onnx'];
const nobody = 65_534;
const isRoot = process.getuid?.() === 0;

/** Whether another user could run the command line at all. */
function canActAsNobody(): boolean {
  if (!isRoot) return false;
  const check = `require('fs').accessSync(${JSON.stringify(mainScript)})`;
  return spawnSync(process.execPath, ['-e', check], { uid: nobody }).status === 0;
}

/** Whether this process may mount a small file system. */
function canMount(): boolean {
  if (!isRoot || process.platform !== 'linux') return false;
  mkdirSync(place.path('probe'));
  const mounted = spawnSync('mount', [
    '-t',
    'tmpfs',
    '-o',
    'size=64k',
    'none',
    place.path('probe'),
  ]);
  return mounted.status === 0 && spawnSync('umount', [place.path('probe')]).status === 0;
}

const hasBash = spawnSync('bash', ['-c', 'ulimit -f 100']).status === 0;

describe('outputs that cannot be written', () => {
  it('a file where the folder should be: nothing starts', async () => {
    place.write('taken', 'mine');
    const { code, complaints } = await place.run(args('small.png', '-o', 'taken'));
    expect([code, complaints]).toEqual([
      2,
      [expect.stringMatching(/^taken: the output folder cannot be made: a file of this name/)],
    ]);
  });

  it.skipIf(isRoot && !canActAsNobody())(
    'a folder without permission: nothing starts',
    async () => {
      mkdirSync(place.path('locked'), { mode: 0o555 });
      spawnSync('chmod', ['755', place.folder]);
      const user = isRoot ? { uid: nobody } : {};
      for (const folder of ['locked', 'locked/new']) {
        const result = await place.run(args('small.png', 'large.png', '-o', folder), user);
        expect(result.code).toBe(2);
        expect(result.complaints).toEqual([
          expect.stringMatching(/^locked.*: no permission to write/),
        ]);
      }
      expect(place.list('locked')).toEqual([]);
    },
  );

  it.skipIf(!canMount())('no space left: what does not fit fails whole', async () => {
    mkdirSync(place.path('full'));
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', place.path('full')]);
    try {
      place.write('full/ballast', new Uint8Array(40_000));
      const kinds = ['--save', 'overlay,probabilities'];
      const result = await place.run(args('small.png', 'large.png', '-o', 'full', ...kinds));
      expect(result.code).toBe(1);
      expect(result.complaints).toEqual([
        expect.stringMatching(/^full\/large\.[a-z.]+: not written: no space left on the disk$/),
      ]);
      expect(place.list('full')).toEqual([
        '.atrous.json',
        'ballast',
        'small.overlay.png',
        'small.probabilities.npy',
      ]);
    } finally {
      spawnSync('umount', [place.path('full')]);
    }
  });

  it.skipIf(!hasBash)('files beyond the size allowed: they fail whole', async () => {
    // With the signal ignored, a write beyond the limit fails like one on a full disk.
    const limited = ['bash', '-c', 'trap "" XFSZ; ulimit -f 100; exec "$@"', 'bash'] as const;
    const kinds = ['--save', 'mask,probabilities'];
    const command = args('small.png', 'large.png', '-o', 'limited', ...kinds);
    const { code, complaints } = await place.run(command, { through: limited });
    expect(code).toBe(1);
    expect(complaints).toEqual([
      expect.stringMatching(/^limited\/large\.prob.*: not written: the file would be larger than/),
    ]);
    expect(place.list('limited')).toEqual([
      '.atrous.json',
      'small.mask.png',
      'small.probabilities.npy',
    ]);
  });
});
