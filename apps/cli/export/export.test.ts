import { existsSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { modelPath } from '../../../src/catalog/node/model-path.js';
import { tensor } from '../../../src/core/tensor.js';
import { checkpointBytes, smallCheckpoint } from '../../../src/weights/small-checkpoint.fixture.js';
import { brightnessModel, picturePng, Workplace } from '../cli.fixture.js';

const place = new Workplace();
afterAll(() => place.remove());
place.write('best.safetensors', checkpointBytes(smallCheckpoint()));

describe('atrous export', () => {
  it('writes an ONNX file of a checkpoint, compares and describes it', async () => {
    const { code, stdout, stderr } = await place.run(['export', 'best.safetensors', 'a.onnx']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^a\.onnx: ONNX, 1\.\d MiB\n/);
    expect(stdout).toMatch(/\n {2}input +image float32 \[1, 3, 65, 97\]\n/);
    expect(stdout).toMatch(/\n {2}output +logits float32 \[1, 4, 65, 97\]\n/);
    expect(stdout).toMatch(/\n {2}compared +scores differ from the model's by at most /);
    expect(place.list('.')).toEqual(['a.onnx', 'best.safetensors']);
  });

  it('honours size, output stride and half precision', async () => {
    const { code, stdout } = await place.run([
      ...['export', 'best.safetensors', 'small.onnx', '--json'],
      ...['--size', '64x32', '--output-stride', '8', '--float16'],
    ]);
    expect(code).toBe(0);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({
      output: 'small.onnx',
      inputSize: { width: 64, height: 32 },
      inputs: [{ name: 'image', dtype: 'float32', shape: [1, 3, 32, 64] }],
      outputs: [{ name: 'logits', dtype: 'float32', shape: [1, 4, 32, 64] }],
      float16: true,
      comparedAs: 'scores',
    });
    const [least, greatest] = result.range;
    expect(result.largestDifference).toBeGreaterThan(0);
    expect(result.largestDifference).toBeLessThan(0.02 * (greatest - least));
    expect(result.bytes).toBe(statSync(place.path('small.onnx')).size);
    expect(result.bytes).toBeLessThan(0.6 * statSync(place.path('best.safetensors')).size);
    const shown = await place.run(['models', 'show', 'small.onnx', '--json']);
    expect(JSON.parse(shown.stdout)).toMatchObject({
      labels: ['class 0', 'class 1', 'class 2', 'class 3'],
      scores: { kind: 'logits', width: 8, height: 4 },
    });
  });

  it('writes a checkpoint of the network alone', async () => {
    const { code, stdout, stderr } = await place.run([
      ...['export', 'best.safetensors', 'small.safetensors', '--float16'],
      ...['--size', '65x33', '--output-stride', '8', '--json'],
    ]);
    expect([code, stderr]).toEqual([0, '']);
    const { format, bytes, largestDifference, range } = JSON.parse(stdout);
    expect([format, bytes]).toEqual(['checkpoint', statSync(place.path('small.safetensors')).size]);
    expect(largestDifference).toBeGreaterThan(0);
    expect(largestDifference).toBeLessThan(0.02 * (range[1] - range[0]));
    const shown = await place.run(['models', 'show', 'small.safetensors', '--json']);
    expect(JSON.parse(shown.stdout)).toMatchObject({
      labels: ['class 0', 'class 1', 'class 2', 'class 3'],
      scores: { kind: 'logits', width: 9, height: 5 },
    });
  });

  it('and the checkpoint give the same mask', async () => {
    place.write('photo.png', await picturePng(90, 60));
    for (const model of ['best.safetensors', 'a.onnx']) {
      const args = ['segment', 'photo.png', '-m', model, '-o', `out-${model}`];
      expect((await place.run(args)).code).toBe(0);
    }
    const masks = ['best.safetensors', 'a.onnx'].map((model) =>
      readFileSync(place.path(`out-${model}`, 'photo.mask.png')),
    );
    expect(masks[0]?.equals(masks[1] as Buffer)).toBe(true);
  });

  it('takes a built-in model by its name, whatever file has the same', async () => {
    place.write('voc', checkpointBytes(smallCheckpoint()));
    const { code, stdout, stderr } = await place.run([
      ...['export', 'voc', 'built-in.safetensors', '--size', '65', '--json'],
    ]);
    expect([code, stderr]).toEqual([0, '']);
    const { model, labels, largestDifference, range } = JSON.parse(stdout);
    expect([model, labels.length]).toEqual(['voc', 21]);
    expect(largestDifference).toBeLessThan(1e-3 * (range[1] - range[0]));
    // A link, so that no failure of this test can replace the model itself.
    symlinkSync(modelPath('voc'), place.path('link.safetensors'));
    const itself = await place.run(['export', 'voc', 'link.safetensors', '--force']);
    expect([itself.code, itself.complaints]).toEqual([
      2,
      [expect.stringContaining('it is the model itself')],
    ]);
  });

  it('replaces a file only where it may', async () => {
    place.write('kept.onnx', 'precious');
    const refused = await place.run(['export', 'best.safetensors', 'kept.onnx']);
    expect([refused.code, refused.complaints]).toEqual([
      2,
      ['kept.onnx: the file exists; add --force to replace it, or choose another name'],
    ]);
    expect(readFileSync(place.path('kept.onnx'), 'utf8')).toBe('precious');
    const forced = await place.run(['export', 'best.safetensors', 'kept.onnx', '--force']);
    expect(forced.code).toBe(0);
    expect(statSync(place.path('kept.onnx')).size).toBeGreaterThan(1e6);
    place.write('own.onnx', brightnessModel());
    const itself = await place.run(['export', 'own.onnx', './own.onnx', '--force']);
    expect([itself.code, itself.complaints[0]]).toEqual([
      2,
      expect.stringContaining('it is the model itself'),
    ]);
  });

  it.each([
    [
      'another format',
      ['best.safetensors', 'a.tflite'],
      'only ONNX files and checkpoints are written',
    ],
    ['a missing folder', ['best.safetensors', 'no/b.onnx'], 'the folder "no" does not exist'],
    ['a missing model', ['none.safetensors', 'b.onnx'], 'no such file'],
    ['a checkpoint of a finished graph', ['own.onnx', 'b.safetensors'], 'its graph is finished'],
    ['another size than fixed', ['own.onnx', 'b.onnx', '--size', '20'], 'fixed input size'],
  ])('refuses %s in one line', async (_, args, told) => {
    const { code, complaints } = await place.run(['export', ...args]);
    expect([code, complaints]).toEqual([2, [expect.stringContaining(told)]]);
    expect(existsSync(place.path('b.onnx'))).toBe(false);
  });

  it('refuses weights that are no numbers', async () => {
    const checkpoint = smallCheckpoint();
    const broken = tensor('float32', [4], Float32Array.of(1, Number.NaN, 2, 3));
    checkpoint.tensors.set('logits/semantic/biases', broken);
    place.write('diverged.safetensors', checkpointBytes(checkpoint));
    const { code, complaints } = await place.run(['export', 'diverged.safetensors', 'b.onnx']);
    expect([code, complaints]).toEqual([
      2,
      [expect.stringMatching(/^diverged\.safetensors: .*no finite numbers.*diverged/)],
    ]);
    expect(existsSync(place.path('b.onnx'))).toBe(false);
  });
});
