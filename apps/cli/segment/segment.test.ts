import { existsSync, readFileSync, statSync } from 'node:fs';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeOnnx } from '../../../src/formats/onnx/index.js';
import { model, node, value } from '../../../src/formats/onnx/model.fixture.js';
import { encodeOverlayPng } from '../../../src/image/node/index.js';
import { pngHeader } from '../../../src/image/node/png.fixture.js';
import { brightnessIndices, greyPicture } from '../../../src/segment/brightness-model.fixture.js';
import { brightnessModel, picturePng, Workplace } from '../cli.fixture.js';

const place = new Workplace();
afterAll(() => place.remove());

beforeAll(async () => {
  place.write('model.onnx', brightnessModel());
  place.write('cat.png', await picturePng());
  place.write('pets/cat.png', await picturePng(12, 8, 3));
  place.write('home/cat.png', await picturePng(12, 8, 4));
});

const segment = (...args: readonly string[]) => place.run(['segment', ...args, '-m', 'model.onnx']);

describe('atrous segment', () => {
  it('writes overlay, mask and JSON, and says where names come from', async () => {
    const { code, stdout, stderr } = await segment('cat.png', '-o', 'first');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^model\.onnx: 3 classes, no names, so numbers; input 16x16\n/);
    expect(stdout).toContain('cat.png: 0 50.0 %, 2 50.0 %\n');
    expect(place.list('first')).toEqual([
      '.atrous.json',
      'cat.json',
      'cat.mask.png',
      'cat.overlay.png',
    ]);
    const report = JSON.parse(readFileSync(place.path('first/cat.json'), 'utf8'));
    expect(report).toMatchObject({
      image: 'cat.png',
      width: 12,
      height: 8,
      model: 'model.onnx',
      labelSource: 'numbers',
      labels: ['0', '1', '2'],
      classes: [
        { label: '0', share: 0.5, box: { x: 6, y: 0, width: 6, height: 8 } },
        { label: '2', share: 0.5, box: { x: 0, y: 0, width: 6, height: 8 } },
      ],
      files: { mask: 'first/cat.mask.png' },
    });
    expect(report.timings.networkMs).toBeGreaterThan(0);
    const overlay = await sharp(place.path('first/cat.overlay.png')).metadata();
    expect(overlay.height).toBeGreaterThan(8);
  });

  it('averages over mirrored pictures and tiles, and refuses scales of a fixed input', async () => {
    const large = greyPicture(40, 24, (x) => (x < 20 ? 255 : 0));
    place.write('large.png', await encodeOverlayPng(large));
    const run = (...args: readonly string[]) => segment('large.png', '-o', 'views', ...args);
    const { code, stdout } = await run('--flip', '--tile', '4');
    expect(code).toBe(0);
    expect(stdout).toContain('input 16x16; flip; tiles\n');
    expect(stdout).toContain('large.png: 0 50.0 %, 2 50.0 %');
    const report = JSON.parse(readFileSync(place.path('views/large.json'), 'utf8'));
    expect(report).toMatchObject({ flip: true, tile: { overlap: 4 } });
    expect(report).not.toHaveProperty('scales');
    expect((await run('--flip', '--tile', '4')).code).toBe(0);
    expect((await run('--flip')).stderr).toContain('another command');
    const refused = await run('--scales', '1,2', '--force');
    expect([refused.code, refused.stdout]).toEqual([2, '']);
    expect(refused.stderr).toMatch(/scale/);
  });

  it('refines by a dense CRF, and knows outputs of other parameters apart', async () => {
    // Three narrow stripes, which a strong and wide CRF takes for errors.
    const stripes = greyPicture(48, 32, (x) => (x % 16 === 3 ? 255 : 0));
    place.write('stripes.png', await encodeOverlayPng(stripes));
    const run = (...args: readonly string[]) =>
      segment('stripes.png', '-o', 'crf', '--save', 'mask,json,probabilities', ...args);
    const report = () => JSON.parse(readFileSync(place.path('crf/stripes.json'), 'utf8'));
    const strong = 'bi_w=0,pos_w=30,pos_xy_std=5';
    expect((await run()).code).toBe(0);
    expect(report().classes.length).toBeGreaterThan(1);
    expect(report()).not.toHaveProperty('crf');
    expect(report().timings).not.toHaveProperty('crfMs');
    const refused = await run('--crf-parameters', strong);
    expect([refused.code, refused.complaints.length]).toEqual([2, 1]);
    expect(refused.complaints[0]).toContain('--force');

    const { code, stdout, stderr } = await run('--crf-parameters', strong, '--force');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/input 16x16; dense CRF\n/);
    expect(report().classes).toMatchObject([{ label: '0', share: 1 }]);
    expect(report().crf).toMatchObject({ bi_w: 0, bi_xy_std: 67, pos_w: 30, iterations: 10 });
    expect(report().timings.crfMs).toBeGreaterThan(0);
    const npy = readFileSync(place.path('crf/stripes.probabilities.npy'));
    const first = new Float32Array(npy.buffer.slice(npy.length - 4 * 3 * 48 * 32)).slice(
      0,
      48 * 32,
    );
    expect(Math.min(...first)).toBeGreaterThan(0.5);

    expect((await run('--crf-parameters', `${strong},iterations=10`)).code).toBe(0);
    expect((await run('--crf')).code).toBe(2);
  });

  it('says what is wrong with a dense CRF before any picture', async () => {
    place.write('indices.onnx', brightnessIndices());
    for (const [args, message] of [
      [['-m', 'model.onnx', '--crf-parameters', 'bi_w=4,pos=1'], 'no parameter "pos"'],
      [['-m', 'model.onnx', '--crf-parameters', 'none.json'], 'none.json: the parameters'],
      [['-m', 'indices.onnx', '--crf'], 'indices.onnx: the model gives class indices only'],
    ] as const) {
      const { code, stdout, complaints } = await place.run([
        'segment',
        'cat.png',
        '-o',
        'no',
        ...args,
      ]);
      expect([code, stdout, complaints.length]).toEqual([2, '', 1]);
      expect(complaints[0]).toContain(message);
    }
    expect(existsSync(place.path('no'))).toBe(false);
  });

  it('keeps inputs of equal name apart', async () => {
    const { code } = await segment('pets', 'home', '-o', 'equal', '--save', 'json');
    expect(code).toBe(0);
    expect(place.list('equal')).toEqual(['.atrous.json', 'home-cat.json', 'pets-cat.json']);
    const share = (name: string) =>
      JSON.parse(readFileSync(place.path(name), 'utf8')).classes[1].share;
    expect(share('equal/pets-cat.json')).toBeCloseTo(1 / 3, 1);
    expect(share('equal/home-cat.json')).toBeCloseTo(1 / 4, 1);
  });

  it('replaces outputs by the same command or by force only', async () => {
    const files = ['again/cat.mask.png', 'again/cat.overlay.png'];
    const contents = () => files.map((name) => readFileSync(place.path(name)).toString('base64'));
    const mask = ['-o', 'again', '--save', 'mask,overlay'];
    expect((await segment('pets/cat.png', ...mask)).code).toBe(0);
    const before = contents();
    const time = statSync(place.path(files[0] ?? '')).mtimeMs;

    const other = await segment('home/cat.png', ...mask);
    expect(other.code).toBe(2);
    expect(other.complaints).toEqual([
      expect.stringMatching(/^home\/cat\.png: again\/cat\.overlay\.png exists, .*--force/),
    ]);
    const stretched = await segment('pets/cat.png', ...mask, '--fit', 'stretch');
    expect(stretched.code).toBe(2);
    expect(contents()).toEqual(before);
    expect(statSync(place.path(files[0] ?? '')).mtimeMs).toBe(time);

    const same = await segment(place.path('pets/cat.png'), ...mask, '--threads', '1');
    expect([same.code, same.stderr]).toEqual([0, '']);
    expect(contents()).toEqual(before);
    expect(statSync(place.path(files[0] ?? '')).mtimeMs).toBeGreaterThan(time);

    const forced = await segment('home/cat.png', ...mask, '--force');
    expect([forced.code, forced.stderr]).toEqual([0, '']);
    expect(contents()).not.toEqual(before);
    expect((await segment('pets/cat.png', ...mask)).code).toBe(2);
  });

  it('never replaces a file that it did not make, nor an input', async () => {
    place.write('mine/cat.json', 'mine');
    const foreign = await segment('cat.png', '-o', 'mine', '--save', 'json');
    expect([foreign.code, foreign.complaints.length]).toEqual([2, 1]);
    expect(readFileSync(place.path('mine/cat.json'), 'utf8')).toBe('mine');

    place.write('self/a.mask.png', await picturePng());
    place.write('self/a.png', await picturePng());
    const self = await segment('self/a.mask.png', 'self/a.png', '-o', 'self', '--force');
    expect(self.code).toBe(1);
    expect(self.complaints).toEqual([
      expect.stringMatching(/^self\/a\.png: its output self\/a\.mask\.png would replace an input/),
    ]);
  });

  it('prints a JSON line for each picture, in order and alone, with --json', async () => {
    place.write('mixed/a.png', await picturePng());
    place.write('mixed/b.png', 'no picture');
    place.write('mixed/c.png', await picturePng());
    const { code, stdout, complaints } = await segment('mixed', '-o', 'lines', '--json');
    expect(code).toBe(1);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ image, error }) => [image, error === undefined])).toEqual([
      ['mixed/a.png', true],
      ['mixed/b.png', false],
      ['mixed/c.png', true],
    ]);
    expect(complaints).toEqual([lines[1].error]);
  });

  it('names inputs that it refuses in their JSON lines too', async () => {
    place.write('owned/cat.json', 'mine');
    const { code, stdout, complaints } = await segment(
      ...['gone.png', 'cat.png', 'pets/*.gif', '-o', 'owned', '--save', 'json', '--json'],
    );
    expect(code).toBe(2);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ image }) => image)).toEqual(['gone.png', 'pets/*.gif', 'cat.png']);
    expect(lines.map(({ error }) => error)).toEqual(complaints);
  });

  it('reads a picture from stdin, and names classes from a file', async () => {
    place.write('names.txt', 'dark\ngrey\nlight\n');
    const args = ['segment', '-', '-m', 'model.onnx', '-o', 'piped', '--labels', 'names.txt'];
    const stdin = await picturePng();
    const { code, stdout, stderr } = await place.run(
      [...args, '--json', '--save', 'probabilities'],
      { stdin },
    );
    expect([code, stderr]).toEqual([0, '']);
    const { image, classes, labelSource } = JSON.parse(stdout);
    expect([image, labelSource]).toEqual(['stdin', 'option']);
    expect(classes.map(({ label }: { label: string }) => label)).toEqual(['dark', 'light']);
    expect(place.list('piped')).toEqual(['.atrous.json', 'stdin.probabilities.npy']);
    const npy = readFileSync(place.path('piped/stdin.probabilities.npy'));
    expect(npy.toString('latin1', 0, 128)).toContain(
      "'<f4', 'fortran_order': False, 'shape': (3, 8, 12)",
    );
    expect(npy.length).toBe(128 + 4 * 3 * 8 * 12);

    const empty = await place.run(args);
    expect([empty.code, empty.complaints]).toEqual([1, ['stdin: the file is empty']]);
  });

  it('reports bad pictures one by one and does the others', async () => {
    const jpeg = await sharp({
      create: {
        width: 300,
        height: 200,
        channels: 3,
        background: '#888',
        noise: { type: 'gaussian', mean: 128, sigma: 40 },
      },
    })
      .jpeg()
      .toBuffer();
    place.write('bad/cut.jpg', jpeg.subarray(0, jpeg.length / 2));
    place.write('bad/empty.jpg', '');
    place.write('bad/huge.png', pngHeader(30_000, 30_000));
    place.write('bad/text.jpg', 'Not a picture at all.\n');
    place.write('bad/tall.png', await picturePng(1, 5000));
    place.write('bad/tiny.png', await picturePng(1, 1));
    place.write('bad/whole.jpg', jpeg);
    const { code, complaints } = await segment('bad', 'bad/gone.jpg', '-o', 'good');
    expect(code).toBe(1);
    expect([...complaints].sort()).toEqual([
      expect.stringMatching(/^bad\/cut\.jpg: damaged or cut off JPEG file/),
      'bad/empty.jpg: the file is empty',
      'bad/gone.jpg: no such file',
      expect.stringMatching(/^bad\/huge\.png: the picture has too many pixels .*30000x30000/),
      expect.stringMatching(/^bad\/text\.jpg: not a picture that can be read .*found text/),
    ]);
    const made = (name: string) => [`${name}.json`, `${name}.mask.png`, `${name}.overlay.png`];
    expect(place.list('good')).toEqual([
      '.atrous.json',
      ...['tall', 'tiny', 'whole'].flatMap(made),
    ]);
    const mask = await sharp(place.path('good/tall.mask.png')).metadata();
    expect([mask.width, mask.height]).toEqual([1, 5000]);
  });

  it('leaves no output folder behind where no picture can be segmented', async () => {
    place.write('broken.png', '');
    const { code } = await segment('broken.png', '-o', 'nothing');
    expect(code).toBe(1);
    expect(() => place.list('nothing')).toThrow(/ENOENT/);
  });

  it.each([
    [
      'an output stride for a finished graph',
      ['cat.png', '-m', 'model.onnx', '--output-stride', '8'],
      /^model\.onnx: the output stride cannot be chosen/,
    ],
    [
      'a missing model',
      ['cat.png', '-m', 'gone.tflite'],
      /^gone\.tflite: .*expected voc, street, or a model file, found no such file/,
    ],
    ['a model of another task', ['cat.png', '-m', 'task.onnx'], /^task\.onnx: .*another task$/],
    ['a damaged model', ['cat.png', '-m', 'cut.onnx'], /^cut\.onnx: /],
    ['no input', ['gone.png', '-m', 'model.onnx'], /^gone\.png: no such file$/],
    ['no argument', ['-m', 'model.onnx'], /missing required argument 'input'/],
    ['an odd output', ['cat.png', '--save', 'masks'], /argument 'masks' is invalid.*overlay, mask/],
    ['an odd size', ['cat.png', '--size', '0x5'], /argument '0x5' is invalid.*513x513/],
    ['an odd device', ['cat.png', '--device', 'abacus'], /Allowed choices are cpu, cuda/],
    ['wrong labels', ['cat.png', '-m', 'model.onnx', '--labels', 'two.txt'], /3 names, found 2/],
  ])('starts nothing with %s: one line, exit code 2', async (_, args, message) => {
    place.write('two.txt', 'a\nb\n');
    place.write('cut.onnx', brightnessModel().subarray(0, 100));
    place.write(
      'task.onnx',
      writeOnnx(
        model({
          nodes: [node('Relu', ['tokens'], ['scores'])],
          inputs: [value('tokens', 'float32', [1, 128])],
          outputs: [value('scores', 'float32', [1, 128])],
        }),
      ),
    );
    const { code, complaints, stdout } = await place.run(['segment', ...args, '-o', 'never']);
    expect([code, stdout]).toEqual([2, '']);
    expect(complaints).toEqual([expect.stringMatching(message)]);
    expect(() => place.list('never')).toThrow(/ENOENT/);
  });
});
