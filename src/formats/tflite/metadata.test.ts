import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../core/errors.js';
import {
  appendTfliteLabels,
  appendTfliteMetadata,
  readTflite,
  readTfliteMetadata,
  type TfliteMetadata,
  writeTflite,
} from './index.js';
import { metadataName } from './metadata-schema.js';
import { syntheticModel } from './synthetic.fixture.js';

const labels = ['background', 'road', 'été', '', 'sky'];
const whole: TfliteMetadata = {
  labels,
  normalisation: { mean: [127.5, 0, 1], std: [127.5, 255, 2] },
  name: 'Streets',
  description: 'Finds streets.',
  license: 'Apache-2.0',
};
const model = writeTflite(syntheticModel(2));

describe('metadata', () => {
  it('round trips, and leaves the model as it was', () => {
    const bytes = appendTfliteMetadata(model, whole);
    expect(metadataOf(bytes)).toEqual(whole);
    expect(readTflite(bytes, 'm').subgraphs).toEqual(syntheticModel(2).subgraphs);
  });

  it('gives only what the file tells', () => {
    expect(metadataOf(model)).toEqual({});
    expect(metadataOf(appendTfliteMetadata(model, { name: 'Streets' }))).toEqual({
      name: 'Streets',
    });
  });

  it('reads the labels of a plain zip', () => {
    expect(metadataOf(appendTfliteLabels(model, labels))).toEqual({ labels });
  });

  it('reads label files with Windows line ends and a byte order mark', () => {
    expect(metadataOf(pack({ 'classes.txt': text('\ufeffroad\r\n sky \r\n\r\n') }))).toEqual({
      labels: ['road', 'sky'],
    });
  });

  it('prefers the text that is named for labels, and guesses among no others', () => {
    const readme = text('Hello');
    expect(metadataOf(pack({ 'readme.txt': readme, 'labelmap.txt': text('road') }))).toEqual({
      labels: ['road'],
    });
    expect(metadataOf(pack({ 'a.txt': readme, 'b.txt': readme }))).toEqual({});
    expect(metadataOf(pack({ 'a.bin': readme }))).toEqual({});
  });

  it('reads an archive whose offsets count from the start of the file', () => {
    expect(metadataOf(shiftOffsets(appendTfliteMetadata(model, whole)))).toEqual(whole);
  });

  it('reads stored and deflated files', () => {
    const long = Array.from({ length: 5000 }, (_, i) => `class ${i}`);
    for (const level of [0, 9] as const) {
      expect(metadataOf(pack({ 'labels.txt': text(long.join('\n')) }, level))).toEqual({
        labels: long,
      });
    }
  });
});

describe('metadata that cannot be used is refused', () => {
  it('an archive that declares more than 16 MiB', () => {
    const bytes = pack({ 'labels.txt': new Uint8Array(17 * 2 ** 20) });
    expect(bytes.length).toBeLessThan(model.length + 50_000);
    expect(() => metadataOf(bytes)).toThrow(/too large \(expected at most 16777216 bytes/);
  });

  it('a file that unpacks to more than it declares', () => {
    const bytes = pack({ 'labels.txt': new Uint8Array(2 ** 24) });
    const view = viewOf(bytes);
    view.setUint32(find(view, 0x02014b50) + 24, 10, true);
    expect(() => metadataOf(bytes)).toThrow(/labels\.txt.*larger than it declares/);
  });

  it('a label file that is named but not packed', () => {
    const labelled = appendTfliteMetadata(model, whole);
    const cut = labelled.subarray(0, find(viewOf(labelled), 0x04034b50));
    expect(() => metadataOf(cut)).toThrow(/label file .* not packed .*expected 'labels.txt'/);
  });

  it('a normalisation by zero', () => {
    const bytes = appendTfliteMetadata(model, { normalisation: { mean: [0], std: [0] } });
    expect(() => metadataOf(bytes)).toThrow(/std: does not normalise/);
  });

  it('a metadata table that is none', () => {
    const bytes = writeTflite({
      ...syntheticModel(2),
      metadata: new Map([[metadataName, text('not a flatbuffer')]]),
    });
    expect(() => metadataOf(bytes)).toThrow(FormatError);
    expect(() => metadataOf(bytes)).toThrow(/M001/);
  });
});

function metadataOf(bytes: Uint8Array): TfliteMetadata {
  return readTfliteMetadata(readTflite(bytes, 'm.tflite'), bytes, 'm.tflite');
}

function text(content: string): Uint8Array {
  return new TextEncoder().encode(content);
}

function pack(files: Record<string, Uint8Array>, level: 0 | 9 = 9): Uint8Array {
  const archive = zipSync(files, { level });
  const bytes = new Uint8Array(model.length + archive.length);
  bytes.set(model);
  bytes.set(archive, model.length);
  return bytes;
}

/** Makes the offsets of the archive's only file absolute, as Python's zipfile writes them. */
function shiftOffsets(bytes: Uint8Array): Uint8Array {
  const shifted = bytes.slice();
  const view = viewOf(shifted);
  const start = find(view, 0x04034b50);
  const directory = find(view, 0x02014b50) + 42;
  const end = find(view, 0x06054b50) + 16;
  for (const at of [directory, end]) view.setUint32(at, view.getUint32(at, true) + start, true);
  return shifted;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Last position of a zip record's mark. */
function find(view: DataView, mark: number): number {
  for (let at = view.byteLength - 4; at >= 0; at--) {
    if (view.getUint32(at, true) === mark) return at;
  }
  throw new Error('no such record');
}
