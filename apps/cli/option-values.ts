import { InvalidArgumentError, Option } from 'commander';
import { builtInModels } from '../../src/catalog/index.js';
import type { Arithmetic } from '../../src/convert/tflite/tflite-to-graph.js';
import type { Fit, Size } from '../../src/image/index.js';
import type { Device } from '../../src/runtime/index.js';
import type { TileOptions } from '../../src/segment/tiles.js';

/** The devices that can exist where Node runs. */
export const deviceNames = [
  'cpu',
  'cuda',
  'tensorrt',
  'coreml',
  'dml',
  'webgpu',
] as const satisfies readonly Device[];

/** `--device`, one of the runtime's devices. */
export function deviceOption(): Option {
  return new Option('--device <name>', 'where the network runs')
    .choices(deviceNames)
    .default('cpu' satisfies Device);
}

/** `--size`, the input's sides. */
export function sizeOption(): Option {
  return new Option(
    '--size <WxH>',
    'input size, for models that leave it open (one number for a square)',
  ).argParser(parseSize);
}

/** `--fit`, how pictures of another shape become the input. */
export function fitOption(): Option {
  return new Option(
    '--fit <how>',
    'bring pictures to the input size with padding or by stretching (default: as the model says, else pad)',
  ).choices(['pad', 'stretch'] satisfies Fit[]);
}

/** `--arithmetic`, for 8-bit files. */
export function arithmeticOption(): Option {
  return new Option(
    '--arithmetic <kind>',
    'compute 8-bit files in integers or as real numbers (default: integer)',
  ).choices(['integer', 'real'] satisfies Arithmetic[]);
}

/** `--threads`, the cores of a command that works on pictures. */
export function threadsOption(): Option {
  return new Option('--threads <n>', 'processor cores to use (default: all)').argParser(
    wholeNumber(1, 1024),
  );
}

/** `--output-stride`, for models whose graph is built when they are opened. */
export function outputStrideOption(): Option {
  return new Option(
    '--output-stride <n>',
    'input size over size of the innermost features, for models that are built when opened: 8 is slower and finer than 16',
  ).argParser(wholeNumber(1, 64));
}

/** What a model argument may be, for help texts. */
export const modelKinds = `segmentation model: ${builtInModels.map(({ name }) => name).join(', ')}, or a checkpoint, TFLite or ONNX file`;

/** A parser of whole numbers within bounds. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(
      most === Number.MAX_SAFE_INTEGER
        ? `Expected a whole number from ${least} on.`
        : `Expected a whole number from ${least} to ${most}.`,
    );
  };
}

function parseSize(text: string): Size {
  const [, width, height = width] = /^(\d{1,5})(?:x(\d{1,5}))?$/i.exec(text) ?? [];
  const size = { width: Number(width), height: Number(height) };
  if (size.width >= 1 && size.height >= 1) return size;
  throw new InvalidArgumentError('Expected WIDTHxHEIGHT in pixels, such as 513x513.');
}

/** `--scales`, of the views that are averaged. */
export function scalesOption(): Option {
  return new Option('--scales <factors>', 'average over these scales of the input').argParser(
    parseScales,
  );
}

/** `--flip`, a second view at every scale. */
export function flipOption(): Option {
  return new Option('--flip', 'average over the mirrored picture too');
}

/** `--tile`, of pictures larger than the input. */
export function tileOption(): Option {
  return new Option(
    '--tile [overlap]',
    'cut pictures larger than the input into tiles that overlap by so many pixels (default: a quarter of the input)',
  ).argParser((text: string): TileOptions => ({ overlap: wholeNumber(0, 65_535)(text) }));
}

/** Numbers with commas between; NaN for what is none. */
export function parseNumbers(text: string): readonly number[] {
  return text.split(',').map((each) => (each.trim() === '' ? Number.NaN : Number(each)));
}

function parseScales(text: string): readonly number[] {
  const scales = parseNumbers(text);
  if (scales.every((scale) => scale > 0)) return scales;
  throw new InvalidArgumentError('Expected factors with commas between, such as 0.5,1,1.5.');
}
