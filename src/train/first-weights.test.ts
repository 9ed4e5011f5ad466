import { describe, expect, it } from 'vitest';
import { FormatError } from '../core/errors.js';
import { seededRandom } from '../core/random.js';
import type { Tensor } from '../core/tensor.js';
import { type DeepLabSettings, deepLabDefaults } from '../models/deeplab.js';
import { foldedFile } from '../weights/folded-file.fixture.js';
import { livelyWeights } from '../weights/lively-weights.fixture.js';
import { describeNetwork } from '../weights/network-graph.js';
import { checkpointBytes, smallCheckpoint } from '../weights/small-checkpoint.fixture.js';
import { loadFirstWeights } from './first-weights.js';
import { trainedParts } from './step-graph/index.js';

const settings: DeepLabSettings = { ...deepLabDefaults, depthMultiplier: 0.1, classes: 4 };
const network = describeNetwork(settings);
const trained = trainedParts({ network: settings, auxiliary: { weight: 0.4 } });
const kept = livelyWeights(trained, seededRandom(1));

function load(
  tensors: ReadonlyMap<string, Tensor>,
  lastLayers: 'all' | 'without-logits' | 'without-head',
  wanted = trained,
) {
  const { metadata } = smallCheckpoint(settings);
  const bytes = checkpointBytes({ metadata, tensors });
  const options = { lastLayers, random: seededRandom(2) };
  return loadFirstWeights(bytes, 'a.safetensors', network, wanted, options);
}

const auxiliary = [...kept.keys()].filter((name) => name.startsWith('auxiliary/'));

describe('first weights from a file', () => {
  it('have the auxiliary head of a checkpoint that has one', () => {
    const { weights, taken, renewed } = load(kept, 'all');
    expect(auxiliary).toHaveLength(7);
    expect([...weights.keys()].sort()).toEqual([...kept.keys()].sort());
    for (const [name, { data }] of kept) expect(weights.get(name)?.data, name).toEqual(data);
    expect([taken.length, renewed]).toEqual([kept.size, []]);
  });

  it('start its layers anew as they do those of the network', () => {
    const logits = (head: string) => [`${head}/weights`, `${head}/biases`];
    expect([...load(kept, 'without-logits').renewed].sort()).toEqual(
      [...logits('logits/semantic'), ...logits('auxiliary/logits')].sort(),
    );
    expect(load(kept, 'without-head').renewed).toEqual(expect.arrayContaining(auxiliary));
  });

  it('start it anew where the file has none', () => {
    const bare = new Map([...kept].filter(([name]) => !auxiliary.includes(name)));
    const { weights, renewed } = load(bare, 'all');
    expect([...renewed].sort()).toEqual([...auxiliary].sort());
    const filters = weights.get('auxiliary/conv/weights')?.data ?? [];
    expect(filters).not.toEqual(kept.get('auxiliary/conv/weights')?.data);
    expect(filters.length).toBeGreaterThan(0);
    expect(filters.every((value) => value !== 0)).toBe(true);

    const bytes = foldedFile(network, bare, 'float');
    const options = { lastLayers: 'all', random: seededRandom(2) } as const;
    const first = loadFirstWeights(bytes, 'a.tflite', network, trained, options);
    expect([...first.renewed].sort()).toEqual([...auxiliary].sort());
  });

  it('leave it where the run has none', () => {
    const { weights } = load(kept, 'all', network);
    expect([...weights.keys()].filter((name) => auxiliary.includes(name))).toEqual([]);
    expect(weights.size).toBe(kept.size - auxiliary.length);
  });

  it('are refused where its width is another', () => {
    const wide = trainedParts({ network: settings, auxiliary: { weight: 0.4, filters: 5 } });
    expect(() => load(kept, 'all', wide)).toThrow(FormatError);
    expect(() => load(kept, 'all', wide)).toThrow(
      /^a\.safetensors: "auxiliary\/conv\/weights" is not what the network has .*expected float32 \[5/,
    );
  });
});
