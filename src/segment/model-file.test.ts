import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FormatError, messageOf, OptionError, UnsupportedError } from '../core/errors.js';
import { float32 } from '../core/tensor.js';
import { writeOnnx } from '../formats/onnx/index.js';
import { model, node, value } from '../formats/onnx/model.fixture.js';
import { appendTfliteMetadata } from '../formats/tflite/index.js';
import { brightnessOnnx, brightnessTflite } from './brightness-model.fixture.js';
import { normalisationOf, readModelFile, segmentationGraphOf } from './model-file.js';
import { loadModelFile, Segmenter } from './node/segmenter.js';

const tflite = brightnessTflite({ classes: 3, width: 16, height: 8 });
const openOnnx = brightnessOnnx({ classes: 3 });
const size = { width: 20, height: 12 };

function failureOf(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('it was not refused');
}

function rejectionOf(work: Promise<unknown>): Promise<Error> {
  return work.then(
    () => {
      throw new Error('it was not refused');
    },
    (error: Error) => error,
  );
}

describe('a model file', () => {
  it('is told by its content, not by its name', () => {
    expect(readModelFile(tflite, 'a.onnx').format).toBe('tflite');
    expect(readModelFile(openOnnx, 'a.tflite').format).toBe('onnx');
  });

  it('tells the size that it fixes for its input', () => {
    expect(readModelFile(tflite, 'a').fixedSize).toEqual({ width: 16, height: 8 });
    expect(readModelFile(openOnnx, 'a').fixedSize).toBeUndefined();
    const fixed = brightnessOnnx({ classes: 3, width: 24, height: 40 });
    expect(readModelFile(fixed, 'a').fixedSize).toEqual({ width: 24, height: 40 });
  });

  it('gives its graph at any size that it leaves open', () => {
    const file = readModelFile(openOnnx, 'a');
    const { output } = segmentationGraphOf(file, normalisationOf(file, undefined), size);
    expect(output).toMatchObject({ kind: 'scores', classes: 3, width: 20, height: 12 });
  });

  it.each([
    ['TFLite', tflite, '16x8'],
    ['ONNX', brightnessOnnx({ classes: 3, width: 24, height: 40 }), '24x40'],
  ])('refuses another size than its own: %s', (_, bytes, own) => {
    const error = failureOf(() => readModelFile(bytes, 'my model').graph(size));
    expect(error).toBeInstanceOf(OptionError);
    expect(error.message).toBe(
      `my model: the model has a fixed input size (expected ${own}, found 20x12)`,
    );
  });

  it('takes images with their channels last', () => {
    const bytes = writeOnnx(
      model({
        nodes: [node('Identity', ['x'], ['y'])],
        inputs: [value('x', 'float32', [1, 'h', 'w', 3])],
        outputs: [value('y', 'float32', [1, 'h', 'w', 3])],
      }),
    );
    const file = readModelFile(bytes, 'a');
    const { input, output } = segmentationGraphOf(file, normalisationOf(file, undefined), size);
    expect(input.channels).toBe('last');
    expect(output).toMatchObject({ kind: 'scores', classes: 3, width: 20, height: 12 });
  });

  it.each([
    ['nothing', new Uint8Array(0)],
    ['text', new TextEncoder().encode('This is no model at all, but a letter to a friend.')],
    ['zeros', new Uint8Array(5000)],
    ['a TFLite signature alone', new TextEncoder().encode('\x1c\0\0\0TFL3')],
    ['half a TFLite file', tflite.subarray(0, tflite.length >> 1)],
    ['half an ONNX file', openOnnx.subarray(0, openOnnx.length >> 1)],
  ])('is refused in one line: %s', (_, bytes) => {
    const error = failureOf(() => readModelFile(bytes, 'my model').graph(size));
    expect(error).toBeInstanceOf(FormatError);
    expect(error.message).toMatch(/^my model[^\n]+$/);
  });

  it.each([
    ['a classifier', [1, 3, 'h', 'w'], [1, 10], 'no output that looks like class scores'],
    ['a model of text', [1, 'tokens'], [1, 'tokens'], 'not an input for one RGB image'],
    ['a model of sound', [1, 1, 80, 'frames'], [1, 80], 'not an input for one RGB image'],
  ])('of another task is refused: %s', (_, from, to, problem) => {
    const elements = from.reduce<number>(
      (product, side) => product * (typeof side === 'number' ? side : 20),
      1,
    );
    const bytes = writeOnnx(
      model({
        nodes: [node('Flatten', ['x'], ['flat']), node('MatMul', ['flat', 'weights'], ['y'])],
        initializers: [
          {
            name: 'weights',
            tensor: float32([elements, 10], new Float32Array(elements * 10)),
          },
        ],
        inputs: [value('x', 'float32', from)],
        outputs: [value('y', 'float32', to)],
      }),
    );
    const error = failureOf(() => {
      const file = readModelFile(bytes, 'other.onnx');
      segmentationGraphOf(file, normalisationOf(file, undefined), { width: 20, height: 20 });
    });
    expect(error).toBeInstanceOf(UnsupportedError);
    expect(error.message).toContain(problem);
    expect(error.message).toContain('a model of another task');
  });
});

describe('normalisation', () => {
  const symmetric = { mean: [127.5, 127.5, 127.5], std: [127.5, 127.5, 127.5] };
  const imageNet = { mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375] };
  const own = { mean: [0, 1, 2], std: [3, 4, 5] };

  it('is that of the release for TFLite and that of ImageNet for ONNX', () => {
    expect(normalisationOf(readModelFile(tflite, 'a'), undefined)).toEqual(symmetric);
    expect(normalisationOf(readModelFile(openOnnx, 'a'), undefined)).toEqual(imageNet);
  });

  it('is what the file says of itself', () => {
    const described = appendTfliteMetadata(tflite, { normalisation: own });
    expect(normalisationOf(readModelFile(described, 'a'), undefined)).toEqual(own);
    const single = appendTfliteMetadata(tflite, { normalisation: { mean: [1], std: [2] } });
    const spread = { mean: [1, 1, 1], std: [2, 2, 2] };
    expect(normalisationOf(readModelFile(single, 'a'), undefined)).toEqual(spread);
    const metadata = new Map([['atrous', JSON.stringify({ normalisation: own })]]);
    const onnx = readModelFile(brightnessOnnx({ classes: 3 }, metadata), 'a');
    expect(normalisationOf(onnx, undefined)).toEqual(own);
  });

  it('is above all what the sidecar says', () => {
    const described = readModelFile(appendTfliteMetadata(tflite, { normalisation: own }), 'a');
    expect(normalisationOf(described, { normalisation: { mean: 7, std: [1, 2, 3] } })).toEqual({
      mean: [7, 7, 7],
      std: [1, 2, 3],
    });
  });

  it('refuses metadata of an ONNX file that is no sidecar', () => {
    const metadata = new Map([['atrous', '{"label": ["a"]}']]);
    const error = failureOf(() =>
      readModelFile(brightnessOnnx({ classes: 3 }, metadata), 'm.onnx'),
    );
    expect(error).toBeInstanceOf(FormatError);
    expect(error.message).toMatch(/^m\.onnx, metadata "atrous".*did you mean "labels"\?$/);
  });
});

describe('loading a model file', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'atrous-model-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const file = async (name: string, content: string | Uint8Array): Promise<string> => {
    await writeFile(join(folder, name), content);
    return join(folder, name);
  };

  it('reads the sidecar beside it, the one with the full name first', async () => {
    const path = await file('twins.tflite', tflite);
    expect((await loadModelFile(path)).sidecar).toBeUndefined();
    await file('twins.json', '{"labels": ["x", "y", "z"]}');
    expect((await loadModelFile(path)).sidecar?.labels).toEqual(['x', 'y', 'z']);
    await file('twins.tflite.json', '{"fit": "stretch"}');
    expect((await loadModelFile(path)).sidecar).toEqual({ fit: 'stretch' });
  });

  it('refuses a sidecar that says nonsense, naming the file', async () => {
    const path = await file('odd.tflite', tflite);
    await file('odd.json', '{"labels": ["x", "y", "z"], "pallete": []}');
    const unknown = await rejectionOf(Segmenter.load(path));
    expect(unknown).toBeInstanceOf(FormatError);
    expect(unknown.message).toMatch(/odd\.json: unknown field "pallete".*mean "palette"\?$/);
    await file('odd.json', '{"labels": ');
    expect(messageOf(await rejectionOf(Segmenter.load(path)))).toMatch(/odd\.json: not valid JSON/);
  });

  it.each([
    ['missing', 'no such file'],
    ['.', 'a folder'],
  ])('refuses what is no file: %s', async (name, found) => {
    const error = await rejectionOf(Segmenter.load(join(folder, name)));
    expect(error).toBeInstanceOf(FormatError);
    const expected = 'voc, street, or a model file';
    expect(error.message).toBe(
      `${join(folder, name)}: the model cannot be read (expected ${expected}, found ${found})`,
    );
  });

  it('refuses a picture', async () => {
    const path = await file('photo.tflite', Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 16, 74, 70));
    expect(await rejectionOf(Segmenter.load(path))).toBeInstanceOf(FormatError);
  });
});
