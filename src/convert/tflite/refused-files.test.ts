import { describe, expect, it } from 'vitest';
import { AtrousError, FormatError, UnsupportedError } from '../../core/errors.js';
import { seededRandom } from '../../core/random.js';
import { elementCount } from '../../core/tensor.js';
import { FileBuilder } from './file-builder.fixture.js';
import { constant, fed, integers } from './one-operator.fixture.js';
import { type PlainArray, randomArray } from './plain-array.fixture.js';
import { storedInput } from './quantised-case.fixture.js';
import { tfliteToGraph } from './tflite-to-graph.js';

const random = seededRandom(1);
const image: PlainArray = randomArray(random, [1, 4, 4, 3]);

/** A file whose first operator is sound. */
function started(): { file: FileBuilder; x: number } {
  const file = new FileBuilder();
  const input = file.given('x', fed(image));
  return { file, x: file.add('RELU', {}, [input], file.computed('relu', image.shape)) };
}

describe('an operator that is not computed', () => {
  it('is named with its position, its tensors and the file', () => {
    const { file, x } = started();
    const weights = file.given('w', constant(randomArray(random, [3, 2])));
    const y = file.computed('y', [1, 2]);
    file.addOther({
      name: 'UNSUPPORTED',
      builtinName: 'LSTM',
      code: 16,
      inputs: [x, -1, weights],
      outputs: [y],
      version: 1,
    });
    const open = () => tfliteToGraph(file.build(y), 'dir/m.tflite');
    expect(open).toThrow(UnsupportedError);
    expect(open).toThrow(
      'dir/m.tflite, operator 1 (LSTM): the operator is not computed here ' +
        '(found float32[1, 4, 4, 3] x none x float32[3, 2] -> float32[1, 2])',
    );
  });

  it('is named by its custom name', () => {
    const { file, x } = started();
    const y = file.computed('y', [1, 8, 8, 3]);
    file.addOther({
      name: 'CUSTOM',
      customCode: 'Convolution2DTransposeBias',
      customOptions: new Uint8Array(0),
      inputs: [x],
      outputs: [y],
      version: 1,
    });
    expect(() => tfliteToGraph(file.build(y), 'm.tflite')).toThrow(
      'm.tflite, operator 1 (custom Convolution2DTransposeBias): the operator is not computed here ' +
        '(found float32[1, 4, 4, 3] -> float32[1, 8, 8, 3])',
    );
  });

  it.each([
    ['symmetric padding', 'MIRROR_PAD', { mode: 'SYMMETRIC' }, [4, 2]],
    ['gathering per batch', 'GATHER', { axis: 1, batchDims: 1 }, [1, 2]],
    ['slices with ellipsis', 'STRIDED_SLICE', strided({ ellipsisMask: 1 }), [4]],
    ['slices with ellipsis or new axes', 'STRIDED_SLICE', strided({ newAxisMask: 1 }), [4]],
  ] as const)('%s is refused', (problem, name, options, shape) => {
    const { file, x } = started();
    const list = { shape, numbers: new Array<number>(elementCount(shape)).fill(1) };
    const lists = ['a', 'b', 'c'].map((each) => file.given(each, constant(list, 'int32')));
    const inputs = name === 'STRIDED_SLICE' ? [x, ...lists] : [x, ...lists.slice(0, 1)];
    const y = file.add(name, options as never, inputs, file.computed('y', image.shape));
    const open = () => tfliteToGraph(file.build(y), 'm.tflite');
    expect(open).toThrow(UnsupportedError);
    expect(open).toThrow(`m.tflite, operator 1 (${name}): ${problem}`);
  });
});

function strided(masks: object) {
  const none = { beginMask: 0, endMask: 0, ellipsisMask: 0, newAxisMask: 0, shrinkAxisMask: 0 };
  return { ...none, offset: false, ...masks };
}

describe('a file that contradicts itself', () => {
  const window = {
    padding: 'SAME',
    strideHeight: 1,
    strideWidth: 1,
    dilationHeight: 1,
    dilationWidth: 1,
    activation: 'NONE',
  } as const;

  it('names the operator and what does not fit', () => {
    const { file, x } = started();
    const w = file.given('w', constant(randomArray(random, [2, 3, 3, 2])));
    const y = file.add('CONV_2D', window, [x, w], file.computed('y', [1, 4, 4, 2]));
    const open = () => tfliteToGraph(file.build(y), 'm.tflite');
    expect(open).toThrow(FormatError);
    expect(open).toThrow(/^m\.tflite, operator 1 \(CONV_2D\): the operator contradicts itself/);
  });

  it.each([
    [
      'weights are missing',
      (file: FileBuilder, x: number) =>
        file.add('CONV_2D', window, [x], file.computed('y', image.shape)),
    ],
    [
      'weights are of another rank',
      (file: FileBuilder, x: number) =>
        file.add(
          'CONV_2D',
          window,
          [x, file.given('w', constant(randomArray(random, [3])))],
          file.computed('y', image.shape),
        ),
    ],
    [
      'an axis does not exist',
      (file: FileBuilder, x: number) =>
        file.add(
          'CONCATENATION',
          { axis: 9, activation: 'NONE' },
          [x, x],
          file.computed('y', image.shape),
        ),
    ],
    [
      'an axis is no axis',
      (file: FileBuilder, x: number) =>
        file.add(
          'ARG_MAX',
          { outputType: 'int64' },
          [x, file.given('axis', constant({ shape: [], numbers: [-9] }, 'int32'))],
          file.computed('y', [1]),
        ),
    ],
    [
      'there are more values than fit',
      (file: FileBuilder, x: number) =>
        file.add(
          'RESHAPE',
          { newShape: [] },
          [x, file.given('shape', integers(7))],
          file.computed('y', [7]),
        ),
    ],
    [
      'the window is larger than the image',
      (file: FileBuilder, x: number) =>
        file.add(
          'MAX_POOL_2D',
          { ...window, padding: 'VALID', filterHeight: 9, filterWidth: 9 },
          [x],
          file.computed('y', image.shape),
        ),
    ],
    [
      'a permutation names an axis twice',
      (file: FileBuilder, x: number) =>
        file.add(
          'TRANSPOSE',
          {},
          [x, file.given('perm', integers(0, 1, 1, 3))],
          file.computed('y', image.shape),
        ),
    ],
    [
      'blocks do not divide the image',
      (file: FileBuilder, x: number) =>
        file.add('SPACE_TO_DEPTH', { blockSize: 3 }, [x], file.computed('y', image.shape)),
    ],
    [
      'blocks of a half',
      (file: FileBuilder, x: number) =>
        file.add(
          'BATCH_TO_SPACE_ND',
          {},
          [
            x,
            file.given('block', integers(2, 2)),
            file.given('crops', constant({ shape: [2, 2], numbers: [0, 0, 0, 0] }, 'int32')),
          ],
          file.computed('y', image.shape),
        ),
    ],
    [
      'something is read before it is computed',
      (file: FileBuilder) =>
        file.add(
          'RELU',
          {},
          [file.computed('later', image.shape)],
          file.computed('y', image.shape),
        ),
    ],
    ['an output is nothing', (file: FileBuilder) => file.computed('nothing', image.shape)],
    [
      'a size is not known',
      (file: FileBuilder, x: number) =>
        file.add('TRANSPOSE', {}, [x, x], file.computed('y', image.shape)),
    ],
  ])('%s: refused with the file’s name', (_title, build) => {
    const { file, x } = started();
    const model = file.build(build(file, x));
    try {
      tfliteToGraph(model, 'm.tflite');
      expect.unreachable('it was accepted');
    } catch (error) {
      expect(error).toBeInstanceOf(AtrousError);
      expect(error).not.toHaveProperty('name', 'InternalError');
      expect(String(error)).toMatch(/^\w+Error: m\.tflite/);
    }
  });

  it('two outputs or inputs of one name are refused with the file’s name', () => {
    const { file, x } = started();
    const same = [0, 1].map(() => file.add('ABS', {}, [x], file.computed('y', image.shape)));
    expect(() => tfliteToGraph(file.build(...same), 'm.tflite')).toThrow(/^m\.tflite/);
    const twice = new FileBuilder();
    const inputs = [0, 1].map(() => twice.given('x', fed(image)));
    const y = twice.add('ADD', { activation: 'NONE' }, inputs, twice.computed('y', image.shape));
    expect(() => tfliteToGraph(twice.build(y), 'm.tflite')).toThrow(/^m\.tflite/);
  });

  it('a range without end does not eat memory', () => {
    const { file } = started();
    const scalar = (name: string, number: number) =>
      file.given(name, constant({ shape: [], numbers: [number] }, 'int32'));
    const inputs = [scalar('start', 0), scalar('limit', 2 ** 31 - 1), scalar('step', 1)];
    const y = file.add('RANGE', {}, inputs, file.computed('y', [2 ** 31 - 1], 'int32'));
    expect(() => tfliteToGraph(file.build(y), 'm.tflite')).toThrow(UnsupportedError);
  });

  it('a quantised tensor of another type than 8 bits is refused', () => {
    const file = new FileBuilder();
    const { input } = storedInput(random, [1, 4, 4, 3], 'uint8');
    const wide = { ...input, tensor: { ...fed(image, 'int16').tensor } };
    const x = file.given('x', wide);
    const y = file.add('RELU', {}, [x], file.computed('y', image.shape));
    expect(() => tfliteToGraph(file.build(y), 'm.tflite')).toThrow(UnsupportedError);
    expect(() => tfliteToGraph(file.build(y), 'm.tflite')).toThrow(/^m\.tflite, tensor 'x'/);
  });
});
