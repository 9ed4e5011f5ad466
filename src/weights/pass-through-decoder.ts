import { InternalError, OptionError } from '../core/errors.js';
import { elementCount, type TensorOf, tensor } from '../core/tensor.js';
import type { Parameter } from '../models/parameters.js';
import { layerName } from './folded-weights.js';
import type { NetworkDescription } from './network-graph.js';

type Values = TensorOf<'float32'>;

const logitsName = 'logits/semantic/weights';
const isOfDecoder = (name: string) => name.startsWith('decoder/');

/**
 * A network with a decoder as it would be without it: the same layers, the class scores straight
 * from ASPP.
 */
export function withoutDecoder({ parameters, statistics }: NetworkDescription): NetworkDescription {
  const [features = 0] = named(parameters, 'concat_projection/weights').shape;
  return {
    parameters: parameters
      .filter(({ name }) => !isOfDecoder(name))
      .map((parameter) =>
        parameter.name === logitsName
          ? { ...parameter, shape: [parameter.shape[0] ?? 0, features, 1, 1] }
          : parameter,
      ),
    statistics: statistics.filter(({ name }) => !isOfDecoder(name)),
  };
}

/**
 * First values of a decoder that changes nothing, so that a network of DeepLab v3 goes on as one of
 * v3+ from the scores it has, as Net2Net grows networks (Chen, Goodfellow and Shlens 2016).
 *
 * Class scores are linear in ASPP's features, and so is the resize between them: the first
 * convolution computes each class's score and its negative, which a relu lets through one at a time,
 * the second hands both on, and the class scores become their difference. The other channels keep
 * their random values and count nothing at first.
 *
 * @param network with the decoder.
 * @param random first values of that network.
 * @param plain weights of the network without decoder.
 * @returns what replaces random values, class scores included, by name.
 * @throws OptionError where the decoder has fewer than two channels for each class, plain
 *   convolutions, or several stages.
 */
export function passThroughDecoder(
  network: NetworkDescription,
  random: ReadonlyMap<string, Values>,
  plain: ReadonlyMap<string, Values>,
): ReadonlyMap<string, Values> {
  const { parameters, statistics } = network;
  checkDecoder(parameters);
  const scores = plain.get(logitsName);
  const [classes = 0, features = 0] = scores?.shape ?? [];
  const [, filters = 0] = named(parameters, logitsName).shape;
  if (filters < 2 * classes) {
    throw new OptionError({
      place: 'network.decoderFilters',
      problem: 'too few to hand the scores of all classes on',
      expected: `at least ${2 * classes}, two for each class`,
      found: `${filters}`,
      fix: "widen the decoder, or start it at random: initial.decoder 'random'",
    });
  }
  const made = new Map<string, Values>();
  const fill = (name: string, value: (filter: number, channel: number, old: number) => number) => {
    const old = random.get(name);
    const [, channels = 1, height = 1, width = 1] = old?.shape ?? [];
    if (old === undefined) throw new InternalError('decoder', `no "${name}"`);
    const inner = height * width;
    const data = old.data.map((before, at) =>
      value(Math.floor(at / (channels * inner)), Math.floor(at / inner) % channels, before),
    );
    made.set(name, tensor('float32', old.shape, data));
  };
  const scoreOf = (channel: number, feature: number) =>
    (channel < classes ? 1 : -1) * (scores?.data[(channel % classes) * features + feature] ?? 0);

  for (const index of [0, 1]) {
    const scope = `decoder/decoder_conv${index}`;
    for (const leaf of ['depthwise', 'pointwise']) {
      unchanging(`${scope}_${leaf}`, parameters, statistics, made);
    }
    const depthwise = named(parameters, `${scope}_depthwise/depthwise_weights`);
    made.set(depthwise.name, centred(depthwise));
  }
  fill('decoder/decoder_conv0_pointwise/weights', (filter, channel, old) => {
    if (filter >= 2 * classes) return old;
    return channel < features ? scoreOf(filter, channel) : 0;
  });
  fill('decoder/decoder_conv1_pointwise/weights', (filter, channel, old) => {
    if (filter >= 2 * classes) return old;
    return filter === channel ? 1 : 0;
  });
  fill(logitsName, (filter, channel) => {
    if (channel >= 2 * classes || channel % classes !== filter) return 0;
    return channel < classes ? 1 : -1;
  });
  return made;
}

function checkDecoder(parameters: readonly Parameter[]): void {
  const names = new Set(parameters.map(({ name }) => name));
  const isSeparable = names.has('decoder/decoder_conv0_depthwise/depthwise_weights');
  if (isSeparable && !names.has('decoder/feature_projection0_1/weights')) return;
  throw new OptionError({
    place: "initial.decoder 'pass-through'",
    problem: 'not a decoder that can be made to change nothing',
    expected: 'separable convolutions and one stage',
    found: isSeparable ? 'several stages' : 'plain convolutions',
    fix: "start it at random: initial.decoder 'random'",
  });
}

function named(parameters: readonly Parameter[], name: string): Parameter {
  const found = parameters.find((parameter) => parameter.name === name);
  if (found !== undefined) return found;
  throw new InternalError('decoder', `the network has no "${name}"`);
}

/** Kernels that let each channel through as it is. */
function centred({ shape }: Parameter): Values {
  const inner = (shape[2] ?? 1) * (shape[3] ?? 1);
  const data = new Float32Array(elementCount(shape));
  for (let at = inner >> 1; at < data.length; at += inner) data[at] = 1;
  return tensor('float32', shape, data);
}

/** Batch norm that changes nothing, as that of a file which has it folded away. */
function unchanging(
  layer: string,
  parameters: readonly Parameter[],
  statistics: NetworkDescription['statistics'],
  made: Map<string, Values>,
): void {
  for (const { name, shape, initial, epsilon } of statistics) {
    if (layerName(name) !== layer) continue;
    made.set(name, filled(shape, initial));
    for (const { name: own, role } of parameters) {
      if (layerName(own) !== layer) continue;
      if (role === 'gamma') made.set(own, filled(shape, Math.sqrt(1 + epsilon)));
      if (role === 'beta') made.set(own, filled(shape, 0));
    }
  }
}

function filled(shape: readonly number[], value: number): Values {
  return tensor('float32', shape, new Float32Array(elementCount(shape)).fill(value));
}
