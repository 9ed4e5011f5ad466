import { OptionError } from '../core/errors.js';
import type { Random } from '../core/random.js';
import { elementCount, type TensorOf, tensor } from '../core/tensor.js';
import { initialValues, type NetworkPart, type Weights } from '../models/parameters.js';
import { layerName } from './folded-weights.js';
import type { NetworkDescription } from './network-graph.js';
import { passThroughDecoder, withoutDecoder } from './pass-through-decoder.js';
import { openWeights, takeClasses, type WeightSource } from './weight-source.js';

/**
 * Which layers of a file a network starts from.
 *
 * - `all`: every one, so the file must have the network's classes (the original's
 *   `initialize_last_layer`: whether the layers behind the backbone start from the file too).
 * - `without-logits`: all but the class scores, for another set of classes (the original's
 *   `last_layers_contain_logits_only`: whether only the class scores are left out and ASPP and
 *   decoder start from the file).
 * - `without-decoder`: backbone and ASPP, for a file of the same head without a decoder (v3) and
 *   another set of classes.
 * - `without-head`: the backbone alone, for another task or another head.
 */
export const lastLayerChoices = [
  'all',
  'without-logits',
  'without-decoder',
  'without-head',
] as const;

export type LastLayerChoice = (typeof lastLayerChoices)[number];

const leftOut: { readonly [Choice in LastLayerChoice]: readonly NetworkPart[] } = {
  all: [],
  'without-logits': ['logits'],
  'without-decoder': ['decoder', 'logits'],
  'without-head': ['head', 'decoder', 'logits'],
};

/**
 * How a decoder starts that the file does not have.
 *
 * - `random`: as the rest of a network; the file must have one unless it is left out.
 * - `pass-through`: so that it changes nothing; the file has none (`passThroughDecoder`).
 */
export const decoderChoices = ['random', 'pass-through'] as const;

export type DecoderChoice = (typeof decoderChoices)[number];

export interface InitialWeightsOptions {
  readonly lastLayers: LastLayerChoice;
  /** `random` unless told. */
  readonly decoder?: DecoderChoice;
  /**
   * The file's class that each class of the network starts from, by index, given how many the file
   * has: for another set of classes that resemble its own. The same ones unless told.
   */
  readonly classes?: (count: number) => readonly number[];
  /** What the layers that start anew are drawn from. */
  readonly random: Random;
}

/** What a network starts from. */
export interface InitialWeights {
  /** Every parameter and statistic of the network. */
  readonly weights: Weights;
  /** Names of those that came from the file, and of those that start anew. */
  readonly taken: readonly string[];
  readonly renewed: readonly string[];
  /**
   * Whether some batch norm was rebuilt, where the file has it folded into its convolutions, or for
   * a decoder that changes nothing. It knows nothing of the activations: measure it
   * (`reestimateBatchNorm`) before it is trained by batches.
   */
  readonly rebuiltBatchNorm: boolean;
}

/** Random first values of a whole network. */
export function freshWeights(
  { parameters, statistics }: NetworkDescription,
  random: Random,
): ReadonlyMap<string, TensorOf<'float32'>> {
  const weights = new Map<string, TensorOf<'float32'>>();
  for (const parameter of parameters) weights.set(parameter.name, initialValues(parameter, random));
  for (const { name, shape, initial } of statistics) {
    const data = new Float32Array(elementCount(shape)).fill(initial);
    weights.set(name, tensor('float32', shape, data));
  }
  return weights;
}

/**
 * First weights of a network from a checkpoint or a TFLite file (the released MobileNetV2 models,
 * float or 8-bit), told apart by content; what the file does not give starts anew.
 *
 * Of a checkpoint the moving averages count where training kept them. See `weightsFromTflite` for
 * what becomes of folded batch norm.
 *
 * @param place What errors call the file.
 * @throws FormatError where the file is damaged or of another network; OptionError where `all` is
 *   asked of a file with other classes.
 */
export function loadInitialWeights(
  bytes: Uint8Array,
  place: string,
  network: NetworkDescription,
  { lastLayers, decoder = 'random', classes, random }: InitialWeightsOptions,
): InitialWeights {
  const file = openWeights(bytes, place);
  const count = classesOf(file, network);
  const passes = decoder === 'pass-through';
  const wanted = passes ? withoutDecoder(network) : without(network, leftOut[lastLayers]);
  if (lastLayers === 'all' && classes === undefined) checkClasses(count, network, place);
  const found =
    classes === undefined || count === undefined
      ? file.take(wanted)
      : takeClasses(file, wanted, classes(count), count);
  const fresh = freshWeights(network, random);
  const made = passes ? passThroughDecoder(network, fresh, found) : new Map<string, never>();
  const weights = new Map([...fresh, ...found, ...made]);
  return {
    weights,
    taken: [...new Set([...found.keys(), ...made.keys()])],
    renewed: [...weights.keys()].filter((name) => !found.has(name) && !made.has(name)),
    rebuiltBatchNorm: passes || file.foldedBatchNorm,
  };
}

/** A network but for some of its last layers. */
function without(
  { parameters, statistics }: NetworkDescription,
  last: readonly NetworkPart[],
): NetworkDescription {
  const kept = parameters.filter(({ part }) => !last.includes(part));
  const layers = new Set(kept.map(({ name }) => layerName(name)));
  return {
    parameters: kept,
    statistics: statistics.filter(({ name }) => layers.has(layerName(name))),
  };
}

/** How many classes a file has, where it has the layer of their scores. */
function classesOf(file: WeightSource, { parameters }: NetworkDescription): number | undefined {
  const logits = parameters.find(({ part }) => part === 'logits');
  return logits && file.filters(layerName(logits.name));
}

function checkClasses(
  found: number | undefined,
  { parameters }: NetworkDescription,
  place: string,
): void {
  const [classes = 0] = parameters.find(({ part }) => part === 'logits')?.shape ?? [];
  if (found === undefined || found === classes) return;
  throw new OptionError({
    place,
    problem: 'the weights are for another number of classes',
    expected: `${classes}, as the data set has`,
    found: `${found}`,
    fix: "start the class scores anew: lastLayers 'without-logits', or 'without-head' to start ASPP and decoder anew too",
  });
}
