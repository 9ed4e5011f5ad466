import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { messageOf } from '../../core/errors.js';
import { readConfig } from './read-config.js';

const folder = mkdtempSync(join(tmpdir(), 'atrous-config-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const content = JSON.stringify({ dataset: { path: 'shapes' }, output: 'run', steps: 3 });

function written(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('a configuration', () => {
  it.each([
    ['a.json', content],
    ['b.mjs', `export default ${content};`],
    ['c.mjs', `export default async () => (${content});`],
  ])('is read from %s, with values replaced', async (name, text) => {
    const config = await readConfig(written(name, text), ['steps=7', 'evaluation.every=0']);
    expect(config).toMatchObject({ dataset: { path: 'shapes' }, steps: 7, output: 'run' });
    expect(config.evaluation.every).toBe(0);
  });

  it.each([
    ['d.json', '{ "steps": ', [], /d\.json: not valid JSON: /],
    ['e.mjs', 'export const x = 1;', [], /e\.mjs: it has no default export; write "export default/],
    ['f.mjs', 'throw new Error("no\\nluck");', [], /f\.mjs: .* cannot be loaded: no luck/],
    ['g.json', content, ['steps'], /^--set steps: not an assignment/],
    ['h.json', content, ['stepz=3'], /h\.json: unknown key "stepz".*"steps"\?/],
  ] as const)('is refused, naming what is wrong: %s', async (name, text, assignments, message) => {
    const refused = await readConfig(written(name, text), assignments).catch(messageOf);
    expect(refused).toMatch(message);
  });

  it('that is not there is refused', async () => {
    const refused = await readConfig(join(folder, 'none.json')).catch(messageOf);
    expect(refused).toMatch(/none\.json: the configuration cannot be read: ENOENT/);
  });
});
