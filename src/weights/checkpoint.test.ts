import { describe, expect, it } from 'vitest';
import { AtrousError, FormatError, messageOf } from '../core/errors.js';
import { seededRandom } from '../core/random.js';
import { tensor } from '../core/tensor.js';
import { damagedCopy } from '../formats/damaged-bytes.fixture.js';
import { readSafetensors, writeSafetensors } from '../formats/safetensors/index.js';
import { decodeCheckpoint, inferenceWeights, isSafetensors } from './checkpoint.js';
import { checkpointBytes, smallCheckpoint } from './small-checkpoint.fixture.js';

function failureOf(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('it was not refused');
}

/** A checkpoint whose metadata were changed by hand. */
function altered(change: (metadata: Record<string, unknown>) => unknown): Uint8Array {
  const { tensors, metadata } = readSafetensors(checkpointBytes(smallCheckpoint()), 'a');
  const parsed: Record<string, unknown> = JSON.parse(metadata.get('atrous') ?? '{}');
  const text = JSON.stringify(change(parsed) ?? parsed);
  return writeSafetensors({ tensors, metadata: new Map([['atrous', text]]) });
}

describe('a checkpoint', () => {
  it('comes back as it was written', () => {
    const checkpoint = smallCheckpoint(
      { head: 'v3+', atrousRates: [6, 12, 18] },
      { background: 0, ignoreValue: 255, palette: [[0, 0, 0]], config: { a: [1, { b: 'c' }] } },
    );
    const bytes = checkpointBytes(checkpoint);
    const found = decodeCheckpoint(bytes, 'a');
    expect(found.metadata).toEqual(checkpoint.metadata);
    expect([...found.tensors.keys()].sort()).toEqual([...checkpoint.tensors.keys()].sort());
    const again = checkpointBytes({ ...found, metadata: checkpoint.metadata });
    expect(Buffer.compare(again, bytes)).toBe(0);
  });

  it('is told from other files by its first bytes', () => {
    expect(isSafetensors(checkpointBytes(smallCheckpoint()))).toBe(true);
    for (const text of ['', '{}', '\x08\x0a\x12{{{{{{', '\x1c\0\0\0TFL3{']) {
      expect(isSafetensors(new TextEncoder().encode(text))).toBe(false);
    }
  });

  it('gives moving averages for inference, and its own memory untouched', () => {
    const { tensors, metadata } = smallCheckpoint();
    const average = tensor('float32', [4], Float32Array.of(1, 2, 3, 4));
    const name = 'logits/semantic/biases';
    const kept = new Map([...tensors, [`${name}/ExponentialMovingAverage`, average]]);
    const found = decodeCheckpoint(checkpointBytes({ metadata, tensors: kept }), 'a');
    expect(inferenceWeights(found).get(name)).toEqual(average);
    expect(found.tensors.get(name)).toEqual(tensors.get(name));
    expect([...inferenceWeights(found).keys()].sort()).toEqual([...tensors.keys()].sort());
  });

  it.each([
    ['no metadata', writeSafetensors({ tensors: new Map(), metadata: new Map() }), 'no "atrous"'],
    [
      'metadata that is no JSON',
      writeSafetensors({ tensors: new Map(), metadata: new Map([['atrous', '{']]) }),
      'not JSON',
    ],
    ['another version', altered((all) => ({ ...all, version: 2 })), 'version'],
    ['too few names', altered((all) => ({ ...all, labels: ['one'] })), 'expected 4 names, found 1'],
    [
      'an unknown backbone',
      altered((all) => ({ ...all, network: { ...Object(all['network']), backbone: 'vgg' } })),
      'network.backbone',
    ],
    [
      'an output stride of 5',
      altered((all) => ({ ...all, network: { ...Object(all['network']), outputStride: 5 } })),
      'network.outputStride',
    ],
    [
      'an endless network',
      altered((all) => ({ ...all, network: { ...Object(all['network']), depthMultiplier: 1e9 } })),
      'network.depthMultiplier',
    ],
    [
      'a deviation of 0',
      altered((all) => ({ ...all, normalisation: { mean: [0, 0, 0], std: [1, 0, 1] } })),
      'normalisation.std',
    ],
  ])('is refused with %s', (_, bytes, told) => {
    const error = failureOf(() => decodeCheckpoint(bytes, 'last.safetensors'));
    expect(error).toBeInstanceOf(FormatError);
    expect(error.message).toMatch(/^last\.safetensors[^\n]*$/);
    expect(error.message).toContain(told);
  });

  it('is refused, or read, in whatever way its bytes are damaged', () => {
    const sound = checkpointBytes({ ...smallCheckpoint(), tensors: new Map() });
    const random = seededRandom(5);
    for (let round = 0; round < 300; round++) {
      try {
        decodeCheckpoint(damagedCopy(sound, random), 'a');
      } catch (error) {
        expect(error, messageOf(error)).toBeInstanceOf(AtrousError);
      }
    }
  });
});
