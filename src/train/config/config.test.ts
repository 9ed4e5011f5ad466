import { describe, expect, it } from 'vitest';
import { AtrousError } from '../../core/errors.js';
import { assign } from './assignments.js';
import { parseConfig } from './config.js';
import { checkResumable } from './resumable.js';

const least = { dataset: { path: 'camvid' }, output: 'runs/a' };

function messageFor(value: unknown): string {
  try {
    parseConfig(value, 'run.json');
  } catch (error) {
    if (error instanceof AtrousError) return error.message;
    throw error;
  }
  return 'no error';
}

describe('parseConfig', () => {
  it("fills in the release's defaults", () => {
    expect(parseConfig(least, 'run.json')).toMatchObject({
      dataset: { path: 'camvid', split: 'train' },
      network: {
        backbone: 'mobilenet-v2',
        depthMultiplier: 1,
        outputStride: 16,
        head: 'v3',
        imagePyramid: { scales: [1], merge: 'max' },
      },
      crop: { width: 513, height: 513 },
      batchSize: 8,
      steps: 30_000,
      optimizer: { kind: 'sgd', momentum: 0.9, nesterov: false },
      learningRate: {
        base: 1e-4,
        schedule: { kind: 'poly', power: 0.9, end: 0 },
        slowStart: { steps: 0, rate: 1e-4, kind: 'constant' },
      },
      losses: [{ kind: 'cross-entropy', weight: 1, labelSmoothing: 0 }],
      weightDecay: 4e-5,
      lastLayerMultiplier: 1,
      biasMultiplier: 2,
      batchNorm: 'batch',
      dropout: true,
      augmentation: { minScale: 0.5, maxScale: 2, scaleStep: 0.25, flip: 0.5 },
      initial: { lastLayers: 'all' },
      evaluation: { split: 'val' },
    });
  });

  it("takes the release's own base rate for Adam", () => {
    const { optimizer, learningRate } = parseConfig(
      { ...least, optimizer: { kind: 'adam' } },
      'run.json',
    );
    expect(optimizer).toEqual({ kind: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-8 });
    expect(learningRate.base).toBe(1e-3);
  });

  it('has an auxiliary loss only where it is asked for, of the usual weight', () => {
    expect(parseConfig(least, 'run.json')).not.toHaveProperty('auxiliary');
    const { auxiliary } = parseConfig({ ...least, auxiliary: {} }, 'run.json');
    expect(auxiliary).toEqual({ weight: 0.4 });
  });

  it('leaves a complete configuration as it is, through JSON too', () => {
    const complete = parseConfig(
      {
        ...least,
        crop: 97,
        clipNorm: 5,
        averageDecay: 0.99,
        network: { imagePyramid: { scales: [1, 0.5] } },
        auxiliary: { filters: 9 },
        losses: [{ kind: 'focal', classWeights: [1, 2] }, { kind: 'lovasz' }],
      },
      'run.json',
    );
    expect(complete.crop).toEqual({ width: 97, height: 97 });
    expect(parseConfig(JSON.parse(JSON.stringify(complete)), 'run.json')).toEqual(complete);
  });

  it.each([
    [{ ...least, optimiser: {} }, 'unknown key "optimiser"', 'did you mean "optimizer"?'],
    [
      { ...least, learningRate: { bsae: 1 } },
      'unknown key "learningRate.bsae"',
      'did you mean "learningRate.base"?',
    ],
    [
      { ...least, optimizer: { kind: 'adam', beta: 0.9 } },
      'unknown key "optimizer.beta" (expected kind, beta1, beta2, epsilon)',
      'did you mean "optimizer.beta1"?',
    ],
    [
      { ...least, losses: [{ kind: 'cross-entropy', hardPixels: { shere: 0.5 } }] },
      'unknown key "losses.0.hardPixels.shere"',
      'did you mean "losses.0.hardPixels.share"?',
    ],
    [{ ...least, crop: { widht: 3 } }, '"crop.widht"', '"crop.width"'],
    [
      { ...least, network: { imagePyramid: { scale: [1] } } },
      'unknown key "network.imagePyramid.scale" (expected scales, merge)',
      'did you mean "network.imagePyramid.scales"?',
    ],
    [{ ...least, auxiliary: { wieght: 1 } }, '"auxiliary.wieght"', '"auxiliary.weight"'],
  ])('names the nearest known key: %j', (value, problem, fix) => {
    expect(messageFor(value)).toContain(problem);
    expect(messageFor(value)).toContain(fix);
  });

  it.each([
    [{ output: 'x' }, 'dataset'],
    [{ ...least, batchSize: 0 }, 'batchSize'],
    [{ ...least, crop: -1 }, 'crop.width'],
    [{ ...least, network: { outputStride: 12 } }, 'network.outputStride'],
    [{ ...least, optimizer: { kind: 'rmsprop' } }, 'optimizer.kind'],
    [{ ...least, learningRate: { base: Number.NaN } }, 'learningRate.base'],
    [{ ...least, losses: [] }, 'losses'],
    [{ ...least, averageDecay: 1 }, 'averageDecay'],
    [{ ...least, network: { imagePyramid: { scales: [] } } }, 'network.imagePyramid.scales'],
    [{ ...least, network: { imagePyramid: { scales: [1, 0] } } }, 'network.imagePyramid.scales.1'],
    [{ ...least, network: { imagePyramid: { scales: [9] } } }, 'network.imagePyramid.scales.0'],
    [{ ...least, network: { imagePyramid: { scales: [1, 1] } } }, 'network.imagePyramid.scales'],
    [{ ...least, network: { imagePyramid: { merge: 'sum' } } }, 'network.imagePyramid.merge'],
    [{ ...least, auxiliary: { weight: 0 } }, 'auxiliary.weight'],
    [{ ...least, auxiliary: { filters: 0.5 } }, 'auxiliary.filters'],
    [{ ...least, dropout: 0.1 }, 'dropout'],
    [{ ...least, augmentation: { minScale: 0 } }, 'augmentation.minScale'],
    [{ ...least, augmentation: { scaleStep: -0.25 } }, 'augmentation.scaleStep'],
    [{ ...least, augmentation: { flip: 2 } }, 'augmentation.flip'],
    [{ ...least, augmentation: { blurSigma: 9 } }, 'augmentation.blurSigma'],
    [{ ...least, augmentation: { padColour: [0, 0, 256] } }, 'augmentation.padColour.2'],
    [7, 'the whole'],
  ])('names the key of a value that cannot be: %j', (value, key) => {
    expect(messageFor(value)).toMatch(new RegExp(`^run\\.json: ${key}: `));
  });

  it('refuses values that do not go together', () => {
    expect(messageFor({ ...least, batchSize: 8, microBatches: 3 })).toMatch(
      /microBatches: .*divisor of batchSize 8, found 3/,
    );
    const slowStart = { steps: 30_000 };
    expect(messageFor({ ...least, learningRate: { slowStart } })).toMatch(/would never end/);
    const hard = { kind: 'cross-entropy', hardPixels: { share: 0.5 } };
    expect(messageFor({ ...least, losses: [hard, hard] })).toMatch(/one loss only/);
    const initial = { file: 'a.tflite', lastLayers: 'without-logits', classes: ['cat'] };
    expect(messageFor({ ...least, initial })).toMatch(
      /initial\.classes: .*expected initial.lastLayers 'all', found 'without-logits'/,
    );
    expect(messageFor({ ...least, initial: { classes: ['cat'] } })).toMatch(
      /initial\.classes: .*expected initial.file, found none/,
    );
    expect(messageFor({ ...least, augmentation: { minScale: 3 } })).toMatch(
      /^run\.json, augmentation\.minScale: .*expected at most 2, found 3/,
    );
  });
});

describe('assign', () => {
  it('replaces values at any depth, in lists too, and leaves the original alone', () => {
    const config = { losses: [{ kind: 'dice' }], learningRate: { base: 1 } };
    expect(
      assign(config, [
        'learningRate.base=0.007',
        'losses.0.weight=2',
        'losses.1={"kind":"lovasz"}',
        'network.head=v3+',
        'initial.file=a=b.tflite',
      ]),
    ).toEqual({
      losses: [{ kind: 'dice', weight: 2 }, { kind: 'lovasz' }],
      learningRate: { base: 0.007 },
      network: { head: 'v3+' },
      initial: { file: 'a=b.tflite' },
    });
    expect(config).toEqual({ losses: [{ kind: 'dice' }], learningRate: { base: 1 } });
  });

  it.each(['steps', '=3', 'a..b=3', 'steps.few=3', 'losses.x=3', 'losses.7=3'])(
    'refuses "%s"',
    (text) => {
      expect(() => assign({ steps: 5, losses: [] }, [text])).toThrow(`--set ${text}`);
    },
  );

  it('knows no special names', () => {
    const changed = assign({}, ['__proto__.polluted=1', 'constructor.prototype.polluted=1']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(() => parseConfig(changed, 'run.json')).toThrow('unknown key');
  });
});

describe('checkResumable', () => {
  const before = parseConfig(least, 'run.json');

  it('lets a run go on elsewhere and for longer', () => {
    const now = parseConfig(
      { dataset: { path: '/data/camvid', workers: 4 }, output: 'b', steps: 60_000, threads: 2 },
      'run.json',
    );
    expect(() => checkResumable(now, JSON.parse(JSON.stringify(before)), 'last')).not.toThrow();
  });

  it('takes what an older run does not tell for the default', () => {
    const older: Record<string, unknown> = JSON.parse(JSON.stringify(before));
    delete older['dropout'];
    const { imagePyramid, ...network } = before.network;
    expect(imagePyramid.scales).toEqual([1]);
    expect(() => checkResumable(before, { ...older, network }, 'last')).not.toThrow();
    const now = parseConfig({ ...least, dropout: false }, 'run.json');
    expect(() => checkResumable(now, older, 'last')).toThrow(/last, dropout: .*expected true/);
  });

  it.each([
    [{ learningRate: { base: 0.01 } }, /last, learningRate.base: .*expected 0.0001, found 0.01/],
    [{ seed: 4 }, /last, seed/],
    [{ averageDecay: 0.9 }, /last, averageDecay: .*expected none, as before, found 0.9/],
    [{ losses: [{ kind: 'dice' }] }, /last, losses.0.kind/],
    [{ network: { depthMultiplier: 0.5 } }, /network.depthMultiplier/],
    [{ network: { imagePyramid: { scales: [1, 0.5] } } }, /network.imagePyramid.scales.1/],
    [{ auxiliary: {} }, /last, auxiliary.weight: .*expected none, as before, found 0.4/],
  ])('refuses %j', (change, message) => {
    const now = parseConfig({ ...least, ...change }, 'run.json');
    expect(() => checkResumable(now, before, 'last')).toThrow(message);
  });
});
