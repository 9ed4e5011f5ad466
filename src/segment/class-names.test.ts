import { describe, expect, it } from 'vitest';
import { pascalVoc, type Sidecar } from '../catalog/index.js';
import { FormatError } from '../core/errors.js';
import { appendTfliteLabels } from '../formats/tflite/index.js';
import { brightnessOnnx, brightnessTflite } from './brightness-model.fixture.js';
import { nameClasses } from './class-names.js';
import { readModelFile } from './model-file.js';

const three = { classes: 3 };
const plain = readModelFile(brightnessTflite(three), 'shapes.tflite');
const described = readModelFile(
  appendTfliteLabels(brightnessTflite(three), ['own 0', 'own 1', 'own 2']),
  'shapes.tflite',
);
const sidecar: Sidecar = { labels: ['side 0', 'side 1', 'side 2'] };
const option = ['told 0', 'told 1', 'told 2'];

describe('class names come from', () => {
  it('the metadata of the file, before all else', () => {
    const names = nameClasses(described, 3, sidecar, option);
    expect(names.source).toBe('file metadata');
    expect(names.labels).toEqual(['own 0', 'own 1', 'own 2']);
    const metadata = new Map([['atrous', JSON.stringify({ labels: ['a', 'b', 'c'] })]]);
    const onnx = readModelFile(brightnessOnnx(three, metadata), 'shapes.onnx');
    expect(nameClasses(onnx, 3, sidecar, option).labels).toEqual(['a', 'b', 'c']);
  });

  it('the sidecar, where the file has none', () => {
    const names = nameClasses(plain, 3, sidecar, option);
    expect(names).toMatchObject({ source: 'sidecar', labels: sidecar.labels });
  });

  it('the option, where the sidecar has none', () => {
    const names = nameClasses(plain, 3, { fit: 'stretch' }, option);
    expect(names).toMatchObject({ source: 'option', labels: option });
    const known = { ...plain, name: 'deeplabv3_mnv2_pascal_quant.tflite' };
    const own = pascalVoc.labels.map((label) => label.toUpperCase());
    expect(nameClasses(known, 21, undefined, own).source).toBe('option');
  });

  it.each([
    ['deeplabv3_257_mv_gpu.tflite', 21, 'PASCAL VOC', 'tvmonitor', 0],
    [
      'deeplab_mobilenet_edgetpu_slim_cityscapes_quant.tflite',
      19,
      'Cityscapes',
      'bicycle',
      undefined,
    ],
    ['my-camvid-run.onnx', 11, 'CamVid', 'bicyclist', undefined],
    ['folder/resnet_VOC.onnx', 21, 'PASCAL VOC', 'tvmonitor', 0],
  ])('the label set that %s with %i classes implies', (name, classes, set, last, background) => {
    const names = nameClasses({ ...plain, name }, classes, undefined, undefined);
    expect(names.source).toBe(`label set ${set}`);
    expect(names.labels).toHaveLength(classes);
    expect(names.labels.at(-1)).toBe(last);
    expect(names.palette).toHaveLength(classes);
    expect(names.background).toBe(background);
  });

  it.each([
    ['shapes.tflite', 3],
    ['deeplabv3_257_mv_gpu.tflite', 20],
    ['my-camvid-run.onnx', 12],
    ['unknown.onnx', 21],
  ])('numbers, where %s with %i classes implies no set', (name, classes) => {
    const names = nameClasses({ ...plain, name }, classes, undefined, undefined);
    expect(names.source).toBe('numbers');
    expect(names.labels).toEqual(Array.from({ length: classes }, (_, k) => `${k}`));
    expect(names.background).toBeUndefined();
  });
});

describe('class names', () => {
  it.each([
    ['file metadata', described, undefined, undefined],
    ['sidecar', plain, sidecar, undefined],
    ['option', plain, undefined, option],
  ])('in the wrong number are refused: %s', (source, file, beside, told) => {
    for (const classes of [2, 4]) {
      const refused = () => nameClasses(file, classes, beside, told);
      expect(refused).toThrow(FormatError);
      expect(refused).toThrow(
        `shapes.tflite: the class names (${source}) do not fit the model ` +
          `(expected ${classes} names, found 3); ` +
          'give one name per class, in the order of the class indices',
      );
    }
  });

  it('of a model that gives class indices can be of any number', () => {
    expect(nameClasses(plain, undefined, sidecar, undefined).labels).toHaveLength(3);
    expect(nameClasses(plain, undefined, undefined, undefined).labels).toHaveLength(256);
  });

  it('make the first class the background where its name says so', () => {
    const background = (labels: readonly string[], beside?: Sidecar) =>
      nameClasses(plain, 3, beside, labels).background;
    expect(background(['Background', 'cat', 'dog'])).toBe(0);
    expect(background(['cat', 'background', 'dog'])).toBeUndefined();
    expect(background(['background', 'cat', 'dog'], { background: 2 })).toBe(2);
  });

  it('go with the colours of the sidecar, else with distinct ones', () => {
    const palette: Sidecar['palette'] = [
      [1, 2, 3],
      [4, 5, 6],
      [7, 8, 9],
    ];
    expect(nameClasses(plain, 3, { palette }, option).palette).toEqual(palette);
    const own = nameClasses(plain, 3, undefined, option).palette;
    expect(new Set(own.map((colour) => colour.join())).size).toBe(3);
  });

  it('need a colour each and a background among them', () => {
    const palette: Sidecar['palette'] = [
      [1, 2, 3],
      [4, 5, 6],
    ];
    const few = () => nameClasses(plain, 3, { palette }, option);
    expect(few).toThrow(FormatError);
    expect(few).toThrow('shapes.tflite: the palette does not fit the model (expected 3 colours');
    const beyond = () => nameClasses(plain, 3, { background: 3 }, option);
    expect(beyond).toThrow(FormatError);
    expect(beyond).toThrow('expected an index from 0 to 2, found 3');
  });
});
