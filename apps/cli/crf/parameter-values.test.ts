import { afterAll, describe, expect, it } from 'vitest';
import { AtrousError } from '../../../src/core/errors.js';
import { defaultCrfParameters } from '../../../src/crf/index.js';
import { Workplace } from '../cli.fixture.js';
import { namedParameters, parameterText } from './parameter-names.js';
import { crfOfFlags } from './parameter-values.js';

const place = new Workplace();
afterAll(() => place.remove());

const parsed = (crfParameters: string) => crfOfFlags({ crfParameters });
const file = (name: string, content: string) => place.path(place.write(name, content));

async function complaint(crfParameters: string): Promise<string> {
  try {
    await parsed(crfParameters);
  } catch (error) {
    if (error instanceof AtrousError) return error.message;
  }
  return 'nothing';
}

describe('the flags of the dense CRF', () => {
  it('stand for the published parameters, or for none', async () => {
    expect(await crfOfFlags({})).toBeUndefined();
    expect(await crfOfFlags({ crf: true })).toEqual(defaultCrfParameters);
  });

  it('change some parameters by the names of the papers', async () => {
    const text = ' bi_w=5.5, bi_xy_std = 65 ,pos_w=0,iterations=3';
    const expected = {
      ...defaultCrfParameters,
      bilateralWeight: 5.5,
      bilateralPositionDeviation: 65,
      spatialWeight: 0,
      iterations: 3,
    };
    expect(await parsed(text)).toEqual(expected);
    expect(await parsed(parameterText(expected))).toEqual(expected);
  });

  it('take a JSON file of parameters, and the result of a search', async () => {
    const parameters = { ...defaultCrfParameters, bilateralWeight: 3, iterations: 5 };
    const plain = file('plain.json', '{"bi_w": 3, "iterations": 5}');
    expect(await parsed(plain)).toEqual(parameters);
    const search = JSON.stringify({
      parameters: namedParameters(parameters),
      mIoU: 0.7,
      trials: [{ bi_w: 9 }],
    });
    expect(await parsed(file('of=search.json', search))).toEqual(parameters);
  });

  it.each([
    ['bi_w=4,bi_xy_sdt=3', /--crf-parameters: no parameter "bi_xy_sdt" .*did you mean "bi_xy_std"/],
    ['bi_w=4,bi_w=5', /"bi_w" stands there twice/],
    ['bi_w=', /--crf-parameters, bi_w: .*expected 0 to 1000000, found NaN/],
    ['bi_rgb_std=0', /bi_rgb_std: .*expected a positive number, found 0/],
    ['iterations=2.5', /iterations: .*whole number/],
    ['bi_w=4,', /no parameter ""/],
    ['bi_w=4 pos_w=3', /found NaN|no parameter/],
    ['nowhere', /nowhere: the parameters of the dense CRF cannot be read .*such as bi_w=4/],
  ])('refuse %j in one line', async (text, message) => {
    expect(await complaint(text)).toMatch(message);
    expect(await complaint(text)).not.toContain('\n');
  });

  it.each([
    ['not JSON', 'bi_w = 4', /not valid JSON/],
    ['a list', '[4, 67]', /not parameters of the dense CRF .*bi_w, bi_xy_std/],
    ['a text as value', '{"bi_w": "4"}', /not parameters of the dense CRF/],
    ['an unknown name', '{"bi_z": 4}', /no parameter "bi_z"/],
    ['a bad value', '{"parameters": {"pos_xy_std": -1}}', /pos_xy_std: .*found -1/],
    ['a long file', `"${'x'.repeat(2 ** 20)}"`, /too large/],
  ])('refuse a file that is %s', async (name, content, message) => {
    const path = file(`${name}.json`, content);
    const found = await complaint(path);
    expect(found).toMatch(message);
    expect(found.startsWith(path)).toBe(true);
  });
});
