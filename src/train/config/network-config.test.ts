import { describe, expect, it } from 'vitest';
import { AtrousError } from '../../core/errors.js';
import { deepLabDefaults } from '../../models/deeplab.js';
import { parseNetworkName } from '../../models/names.js';
import { stepSettings } from '../step-settings.js';
import { assign } from './assignments.js';
import { parseConfig, type TrainConfig, type TrainConfigInput } from './config.js';
import { checkResumable } from './resumable.js';

function config(network: TrainConfigInput['network']): TrainConfig {
  const least = { dataset: { path: 'camvid' }, output: 'a' };
  return parseConfig(network === undefined ? least : { ...least, network }, 'run.json');
}

function messageFor(network: unknown): string {
  try {
    parseConfig({ dataset: { path: 'camvid' }, output: 'a', network }, 'run.json');
  } catch (error) {
    if (error instanceof AtrousError) return error.message;
    throw error;
  }
  return 'no error';
}

describe('the network of a training configuration', () => {
  it('may be its name', () => {
    const { classes, ...settings } = parseNetworkName('deeplabv3plus-xception65-os8-mg1,2,4');
    expect(config('deeplabv3plus-xception65-os8-mg1,2,4').network).toEqual(settings);
    expect(config('deeplabv3-mobilenetv2')).toEqual(config(undefined));
  });

  it('has what goes with its backbone and head where nothing is told', () => {
    const { network } = config({ backbone: 'xception-65', head: 'v3+', outputStride: 8 });
    expect(network).toEqual(config('deeplabv3plus-xception65-os8').network);
    expect(config({ head: 'v3+' }).network.atrousRates).toEqual([]);
    expect(config({ backbone: 'vgg-16', head: 'v1', asppFilters: 64 }).network).toMatchObject({
      outputStride: 8,
      atrousRates: [12],
      asppFilters: 64,
    });
  });

  it('is written down whole, and read as it was', () => {
    const complete = config('deeplabv3plus-resnet50-plain-nopooling-dec8,4');
    expect(complete.network).toMatchObject({ convolutions: 'plain', decoderStrides: [8, 4] });
    const again = parseConfig(JSON.parse(JSON.stringify(complete)), 'run.json');
    expect(again).toEqual(complete);
    expect(() => checkResumable(again, complete, 'last')).not.toThrow();
    const other = config('deeplabv3plus-resnet50-plain-nopooling');
    expect(() => checkResumable(other, complete, 'last')).toThrow(/network\.decoderStrides/);
  });

  it('may be replaced on the command line', () => {
    const changed = assign({ network: { head: 'v3+' } }, ['network=deeplabv1-vgg16']);
    expect(changed).toEqual({ network: 'deeplabv1-vgg16' });
    expect(config('deeplabv1-vgg16').network.backbone).toBe('vgg-16');
  });

  it.each([
    ['deeplabv9-xception65', 'not a head that is known'],
    ['deeplabv3-xception65-classes5', 'the number of classes is the data set'],
    [{ backbone: 'xception-66' }, 'network.backbone'],
    [{ head: 'v9' }, 'network.head'],
    [{ multiGrid: [1, 2, 4] }, 'does not fit the backbone mobilenet-v2'],
    [{ decoderStrides: [4] }, 'the head v3 does not heed it'],
    [{ multigrid: [1, 2, 4] }, 'did you mean "network.multiGrid"?'],
    [{ classes: 4 }, 'unknown key "network.classes"'],
    [null, 'network'],
    [7, 'network'],
  ])('is refused: %j', (network, told) => {
    const message = messageFor(network);
    expect(message).toMatch(/^run\.json: [^\n]*$/);
    expect(message).toContain(told);
  });

  it('has the pixels that its backbone wants', () => {
    const data = { labels: ['a', 'b'], ignoreValue: 255 };
    const pixels = (name: string) => stepSettings(config(name), data, 1).normalisation;
    expect(pixels('deeplabv3-mobilenetv2')).toEqual({
      mean: [127.5, 127.5, 127.5],
      std: [127.5, 127.5, 127.5],
    });
    const means = { mean: [123.15, 115.9, 103.06], std: [1, 1, 1] };
    expect(pixels('deeplabv3-resnet50')).toEqual(means);
    expect(pixels('deeplabv3-resnet50beta')).toEqual(pixels('deeplabv3-mobilenetv2'));
    expect(stepSettings(config('deeplabv2-resnet101'), data, 1).network).toEqual({
      ...parseNetworkName('deeplabv2-resnet101'),
      classes: 2,
    });
    expect(deepLabDefaults.classes).toBe(21);
  });
});
