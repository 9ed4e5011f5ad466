import { describe, expect, it } from 'vitest';
import { type Random, seededRandom } from '../../core/random.js';
import { type Shape, toNumbers } from '../../core/tensor.js';
import type { TfliteModel } from '../../formats/tflite/index.js';
import { relativeDifference } from '../../graph/engine.fixture.js';
import { simplify } from '../../graph/passes/simplify.js';
import { randomShape } from '../../graph/random-call.fixture.js';
import { FileBuilder } from './file-builder.fixture.js';
import { constant, fed, integers, runFile } from './one-operator.fixture.js';
import { convolved } from './operators/convolution.fixture.js';
import { arrayOf, asTensor, at, type PlainArray, randomArray } from './plain-array.fixture.js';
import {
  dequantised,
  fitting,
  rounded,
  storedBias,
  storedInput,
  storedWeights,
} from './quantised-case.fixture.js';
import { tfliteToGraph } from './tflite-to-graph.js';

function operatorsOf(file: TfliteModel): readonly string[] {
  return simplify(tfliteToGraph(file, 'm.tflite')).nodes.map(({ op }) => op);
}

const valid = {
  padding: 'VALID',
  strideHeight: 1,
  strideWidth: 1,
  dilationHeight: 1,
  dilationWidth: 1,
  activation: 'NONE',
} as const;

/** A convolution without padding of a kernel, by plain loops. */
function convolve(x: PlainArray, w: PlainArray, rates: readonly [number, number] = [1, 1]) {
  const [, height = 1, width = 1, channels = 1] = x.shape;
  const [filters = 1, kernelHeight = 1, kernelWidth = 1] = w.shape;
  const along = (size: number, kernel: number, dilation: number) => ({
    size,
    kernel,
    dilation,
    stride: 1,
  });
  return convolved(
    x,
    [along(height, kernelHeight, rates[0]), along(width, kernelWidth, rates[1])],
    'VALID',
    filters,
    () => [...new Array(channels).keys()],
    (o, u, v, c) => at(w, o, u, v, c),
  );
}

function depthwiseConvolve(x: PlainArray, w: PlainArray, rates: readonly [number, number]) {
  const [, height = 1, width = 1] = x.shape;
  const [, kernelHeight = 1, kernelWidth = 1, filters = 1] = w.shape;
  const along = (size: number, kernel: number, dilation: number) => ({
    size,
    kernel,
    dilation,
    stride: 1,
  });
  return convolved(
    x,
    [along(height, kernelHeight, rates[0]), along(width, kernelWidth, rates[1])],
    'VALID',
    filters,
    (o) => [o],
    (o, u, v) => at(w, 0, u, v, o),
  );
}

function paddedBy(
  x: PlainArray,
  [top, bottom, left, right]: readonly [number, number, number, number],
) {
  const [n = 1, height = 1, width = 1, channels = 1] = x.shape;
  return arrayOf(
    [n, height + top + bottom, width + left + right, channels],
    ([b = 0, i = 0, j = 0, c = 0]) => at(x, b, i - top, j - left, c),
  );
}

describe('weights in other forms', () => {
  it('of half precision are widened before the graph runs', async () => {
    const random = seededRandom(1);
    const x = randomArray(random, [1, 5, 6, 3]);
    const w = arrayOf([2, 3, 3, 3], () => random.integer(-32, 32) / 16);
    for (const explicit of [true, false]) {
      const file = new FileBuilder();
      const input = file.given('x', fed(x));
      const half = file.given('w', constant(w, 'float16'));
      const wide = explicit
        ? file.add('DEQUANTIZE', {}, [half], file.computed('wide', w.shape))
        : half;
      const model = file.build(
        file.add('CONV_2D', valid, [input, wide], file.computed('y', [1, 3, 4, 2])),
      );
      const { y } = await runFile(model, { x: asTensor(x) });
      expect(relativeDifference(y, asTensor(convolve(x, w)))).toBeLessThan(2e-6);
      expect(operatorsOf(model).filter((op) => op !== 'Transpose')).toEqual(['Conv']);
    }
  });

  it('of 8 bits beside real activations (dynamic range) are dequantised per filter', async () => {
    const random = seededRandom(2);
    const x = randomArray(random, [1, 5, 6, 3]);
    const w = storedWeights(random, [2, 3, 3, 3], 'int8', 0);
    const file = new FileBuilder();
    const inputs = [file.given('x', fed(x)), file.given('w', w.input)];
    const model = file.build(file.add('CONV_2D', valid, inputs, file.computed('y', [1, 3, 4, 2])));
    const { y } = await runFile(model, { x: asTensor(x) });
    expect(relativeDifference(y, asTensor(convolve(x, w.real)))).toBeLessThan(2e-6);
  });

  it('read by several operators are held once', () => {
    const random = seededRandom(3);
    const file = new FileBuilder();
    const x = file.given('x', fed(randomArray(random, [1, 3, 3, 2])));
    const w = file.given('w', constant(randomArray(random, [2, 1, 1, 2])));
    const a = file.add('CONV_2D', valid, [x, w], file.computed('a', [1, 3, 3, 2]));
    const b = file.add('CONV_2D', valid, [a, w], file.computed('b', [1, 3, 3, 2]));
    const graph = simplify(tfliteToGraph(file.build(b), 'm.tflite'));
    const weights = graph.nodes
      .filter(({ op }) => op === 'Conv')
      .map(({ inputs }) => inputs[1]?.constant?.data);
    expect(weights).toHaveLength(2);
    expect(weights[0]).toEqual(weights[1]);
  });
});

interface Rates {
  readonly block: readonly [number, number];
  /** top, bottom, left, right; what exceeds whole blocks is cropped again. */
  readonly pads: readonly [number, number, number, number];
  readonly crops: readonly [number, number, number, number];
  readonly size: readonly [number, number];
}

function randomRates(random: Random): Rates {
  const block = [random.integer(1, 3), random.integer(1, 3)] as const;
  const size = [random.integer(4, 7), random.integer(4, 7)] as const;
  const along = (axis: 0 | 1) => {
    const rate = block[axis];
    const before = random.integer(0, rate);
    // At least the reach of a kernel of 3, and on to whole blocks.
    const least = Math.max(random.integer(0, rate), 2 * rate + 1 - size[axis] - before);
    const rest = (size[axis] + before + least) % rate;
    const crop = rest === 0 ? 0 : rate - rest;
    return { before, after: least + crop, crop };
  };
  const [rows, columns] = [along(0), along(1)];
  return {
    block,
    size,
    pads: [rows.before, rows.after, columns.before, columns.after],
    crops: [0, rows.crop, 0, columns.crop],
  };
}

function pairs(values: readonly number[]) {
  return constant({ shape: [2, 2], numbers: values }, 'int32');
}

function netPads({ pads, crops }: Rates): readonly [number, number, number, number] {
  const [top, bottom, left, right] = pads;
  return [top - crops[0], bottom - crops[1], left - crops[2], right - crops[3]];
}

/** Shape of the dealt out image of an atrous convolution, and of the convolution's own result. */
function dealtShapes({ block, pads, size }: Rates, channels: number, filters: number) {
  const batch = block[0] * block[1];
  const height = (size[0] + pads[0] + pads[1]) / block[0];
  const width = (size[1] + pads[2] + pads[3]) / block[1];
  return {
    dealt: [batch, height, width, channels],
    inner: [batch, height - 2, width - 2, filters],
  };
}

describe('atrous convolution by space-to-batch', () => {
  it.each(['CONV_2D', 'DEPTHWISE_CONV_2D'] as const)('%s becomes one convolution', async (name) => {
    for (let seed = 0; seed < 20; seed++) {
      const random = seededRandom(seed);
      const rates = randomRates(random);
      const [channels = 1] = randomShape(random, 1, 3);
      const x = randomArray(random, [1, ...rates.size, channels]);
      const depthwise = name === 'DEPTHWISE_CONV_2D';
      const w = randomArray(random, depthwise ? [1, 3, 3, channels] : [2, 3, 3, channels]);
      const outside = paddedBy(x, netPads(rates));
      const expected = depthwise
        ? depthwiseConvolve(outside, w, rates.block)
        : convolve(outside, w, rates.block);
      const { dealt, inner } = dealtShapes(rates, channels, expected.shape[3] ?? 1);

      const file = new FileBuilder();
      const input = file.given('x', fed(x));
      const block = file.given('block', integers(...rates.block));
      const paddings = file.given('paddings', pairs(rates.pads));
      const crops = file.given('crops', pairs(rates.crops));
      const weights = file.given('w', constant(w));
      const batches = file.add(
        'SPACE_TO_BATCH_ND',
        {},
        [input, block, paddings],
        file.computed('dealt', dealt),
      );
      const options = { ...valid, depthMultiplier: 1 };
      const sums = file.add(name, options, [batches, weights], file.computed('inner', inner));
      const last = file.computed('y', expected.shape);
      const model = file.build(file.add('BATCH_TO_SPACE_ND', {}, [sums, block, crops], last));
      const { y } = await runFile(model, { x: asTensor(x) });
      expect(relativeDifference(y, asTensor(expected)), `seed ${seed}`).toBeLessThan(2e-6);
      expect(
        operatorsOf(model).filter((op) => op !== 'Transpose'),
        `seed ${seed}`,
      ).toEqual(['Conv']);

      // Where something else reads the dealt out image, the three stay as they are.
      const both = file.build(batches, last);
      const results = await runFile(both, { x: asTensor(x) });
      expect(relativeDifference(results['y'], asTensor(expected))).toBeLessThan(2e-6);
    }
  });

  it('of unsigned 8-bit numbers of older converters pads with the zero point', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const random = seededRandom(100 + seed);
      const rates = randomRates(random);
      const channels = 2;
      const x = storedInput(random, [1, ...rates.size, channels], 'uint8');
      const w = storedWeights(random, [1, 3, 3, channels], 'uint8', undefined);
      const bias = storedBias(random, channels, x, w);
      const sums = depthwiseConvolve(paddedBy(x.real, netPads(rates)), w.real, rates.block);
      const real = arrayOf(sums.shape, (index) =>
        Math.min(Math.max(at(sums, ...index) + (bias.real.numbers[index[3] ?? 0] ?? 0), 0), 6),
      );
      const quantization = { scale: [Math.fround(6 / 255)], zeroPoint: [0], axis: 0 };
      const { dealt, inner } = dealtShapes(rates, channels, channels);

      const file = new FileBuilder();
      const block = file.given('block', integers(...rates.block));
      const input = file.given('x', x.input);
      const paddings = file.given('paddings', pairs(rates.pads));
      const crops = file.given('crops', pairs(rates.crops));
      const weights = [file.given('w', w.input), file.given('b', bias.input)];
      const batches = file.add(
        'SPACE_TO_BATCH_ND',
        {},
        [input, block, paddings],
        file.computed('dealt', dealt, 'uint8', x.input.quantization),
      );
      const options = { ...valid, activation: 'RELU6', depthMultiplier: 1 } as const;
      const stored = file.add(
        'DEPTHWISE_CONV_2D',
        options,
        [batches, ...weights],
        file.computed('inner', inner, 'uint8', quantization),
      );
      const model = file.build(
        file.add(
          'BATCH_TO_SPACE_ND',
          {},
          [stored, block, crops],
          file.computed('y', sums.shape, 'uint8', quantization),
        ),
      );

      const expected = asTensor(rounded(real, quantization, 'uint8'));
      const { y } = await runFile(model, { x: x.input.tensor });
      const difference = relativeDifference(y, expected);
      // One step of the scale, as a share of the largest number.
      const largest = Math.max(1, ...toNumbers(expected).map(Math.abs));
      expect(difference, `seed ${seed}`).toBeLessThan((1.01 * 6) / 255 / largest);
      const operators = operatorsOf(model);
      expect(operators).toContain('QLinearConv');
      expect(operators).not.toContain('Reshape');
    }
  });
});

describe('the end of a quantised segmentation network', () => {
  it.each([
    ['int64', 'uint8'],
    ['int32', 'uint8'],
    ['int64', 'int8'],
    ['int32', 'int8'],
  ] as const)('%s class indices of %s scores', async (outputType, dtype) => {
    const random = seededRandom(5);
    const x = storedInput(random, [1, 4, 5, 3], dtype);
    const expected = arrayOf([1, 4, 5], ([n = 0, i = 0, j = 0]) => {
      const scores = [0, 1, 2].map((c) => at(x.real, n, i, j, c));
      return scores.indexOf(Math.max(...scores));
    });
    const file = new FileBuilder();
    const axis = file.given('axis', constant({ shape: [], numbers: [3] }, 'int32'));
    const scores = file.given('x', x.input);
    const labels = file.computed('labels', [1, 4, 5], outputType);
    const model = file.build(file.add('ARG_MAX', { outputType }, [scores, axis], labels));
    const results = await runFile(model, { x: x.input.tensor });
    expect(results['labels']).toEqual(asTensor(expected, outputType));
  });

  it('quantised outputs come out as real numbers', async () => {
    const random = seededRandom(6);
    const x = storedInput(random, [1, 3, 3, 2], 'int8');
    const file = new FileBuilder();
    const input = file.given('x', x.input);
    const relu = file.computed('y', [1, 3, 3, 2], 'int8', x.input.quantization);
    const model = file.build(file.add('RELU', {}, [input], relu));
    const { y } = await runFile(model, { x: x.input.tensor });
    const positive = { ...x.real, numbers: x.real.numbers.map((value) => Math.max(value, 0)) };
    expect(relativeDifference(y, asTensor(positive))).toBeLessThan(1e-6);
  });
});

describe('mixed files', () => {
  /** A file with float weights amid 8-bit tensors, so that its convolution is one of real numbers. */
  function mixed(
    random: Random,
    shape: Shape,
  ): { file: TfliteModel; x: ReturnType<typeof storedInput>; expected: PlainArray } {
    const x = storedInput(random, shape, 'uint8');
    const w = randomArray(random, [2, 1, 1, shape[3] ?? 1]);
    const real = convolve(x.real, w);
    const clipped = {
      ...real,
      numbers: real.numbers.map((value) => Math.min(Math.max(value, 0), 6)),
    };
    const quantization = fitting(clipped, 'uint8');
    const file = new FileBuilder();
    const input = file.given('x', x.input);
    const weights = file.given('w', constant(w));
    const options = { ...valid, activation: 'RELU6' } as const;
    const sums = file.computed('sums', real.shape, 'uint8', quantization);
    const middle = file.add('CONV_2D', options, [input, weights], sums);
    const second = storedWeights(random, [2, 1, 1, 2], 'uint8', undefined);
    const stored = dequantised(
      { shape: clipped.shape, numbers: rounded(clipped, quantization, 'uint8').numbers },
      { scale: [1], zeroPoint: [0], axis: 0 },
    );
    const last = convolve(stored, second.real);
    const lastQuantization = fitting(last, 'uint8');
    const y = file.computed('y', last.shape, 'uint8', lastQuantization);
    const model = file.build(
      file.add('CONV_2D', valid, [middle, file.given('v', second.input)], y),
    );
    return { file: model, x, expected: rounded(last, lastQuantization, 'uint8') };
  }

  it('with real weights amid 8-bit tensors are computed where each part is', async () => {
    for (let seed = 0; seed < 10; seed++) {
      const { file, x, expected } = mixed(seededRandom(seed), [1, 4, 4, 3]);
      const { y } = await runFile(file, { x: x.input.tensor });
      // The rounding in the middle may go either way.
      expect(relativeDifference(y, asTensor(expected)), `seed ${seed}`).toBeLessThan(0.03);
    }
  });
});
