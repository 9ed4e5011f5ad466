import { afterAll, describe, expect, it } from 'vitest';
import { Workplace } from './cli.fixture.js';

const place = new Workplace();
afterAll(() => place.remove());

describe('the command line', () => {
  it.each([
    [['--help'], /Commands:[\s\S]*segment[\s\S]*benchmark[\s\S]*models/],
    [['segment', '--help'], /--save <kinds>[\s\S]*Exit code: 0[\s\S]*Examples:/],
    [['benchmark', '--help'], /--batch <n>[\s\S]*Examples:/],
    [['help', 'models'], /show \[options\] <file>/],
    [['models', 'show', '--help'], /Examples:/],
    [['crf', 'search', '--help'], /--ranges <list>[\s\S]*bi_xy_std[\s\S]*Examples:/],
  ])('helps with %j', async (args, text) => {
    const { code, stdout, stderr } = await place.run(args);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(text);
  });

  it('knows its version', async () => {
    expect((await place.run(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each([
    [['segmnt'], "atrous: unknown command 'segmnt' (Did you mean segment?)"],
    [
      ['segment', 'x', '-m', 'y', '--forse'],
      "atrous segment: unknown option '--forse' (Did you mean --force?)",
    ],
    [['models', 'shw'], "atrous models: unknown command 'shw' (Did you mean show?)"],
    [
      ['benchmark', 'x', '--runs', '0'],
      "atrous benchmark: option '--runs <n>' argument '0' is invalid. Expected a whole number from 1 to 1000000.",
    ],
  ])('answers %j in one line, exit code 2', async (args, line) => {
    const { code, stdout, stderr } = await place.run(args);
    expect([code, stdout, stderr]).toEqual([2, '', `${line}\n`]);
  });
});
