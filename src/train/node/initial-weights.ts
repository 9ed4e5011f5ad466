import { readFile } from 'node:fs/promises';
import { FormatError, messageOf, OptionError } from '../../core/errors.js';
import { formatShape, sameShape, type Tensor } from '../../core/tensor.js';
import { readTflite } from '../../formats/tflite/index.js';
import type { LastLayer, Parameter, Weights } from '../../models/parameters.js';
import { decodeCheckpoint, inferenceWeights } from '../../weights/checkpoint.js';
import { weightsFromTflite } from '../../weights/folded-weights.js';
import type { describeNetwork } from '../../weights/network-graph.js';
import type { TrainConfig } from '../config/config.js';
import type { TrainedParts } from '../training-state.js';

/** Weights from a file. */
export interface InitialWeights {
  readonly weights: Weights;
  /** Whether the file has batch norm folded into its convolutions, so that it says no statistics. */
  readonly folded: boolean;
}

/**
 * The weights that a run starts from, as far as `initial` wants them from its file.
 *
 * @throws FormatError where the file is none of a checkpoint and a TFLite file of the network, or
 *   where it has a layer in another shape.
 */
export async function readInitialWeights(
  initial: TrainConfig['initial'] & { readonly file: string },
  network: ReturnType<typeof describeNetwork>,
): Promise<InitialWeights> {
  const { file } = initial;
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new FormatError({
      place: file,
      problem: `the initial weights cannot be read: ${messageOf(cause)}`,
      cause,
    });
  });
  const wanted = wantedParts(initial, network);
  if (isTflite(bytes)) {
    const epsilons = new Map(
      network.statistics.map(({ name, epsilon }) => [layerOf(name), epsilon]),
    );
    const epsilonOf = (layer: string): number => {
      const epsilon = epsilons.get(layer);
      if (epsilon !== undefined) return epsilon;
      throw new FormatError({ place: file, problem: `"${layer}" has no batch norm` });
    };
    const weights = weightsFromTflite(readTflite(bytes, file), file, wanted, epsilonOf);
    return { weights, folded: true };
  }
  const weights = inferenceWeights(decodeCheckpoint(bytes, file));
  const names = [...wanted.parameters, ...wanted.statistics];
  return {
    weights: new Map(names.map((part) => [part.name, weightOf(weights, part, file)])),
    folded: false,
  };
}

function weightOf(
  weights: Weights,
  { name, shape }: Pick<Parameter, 'name' | 'shape'>,
  file: string,
): Tensor {
  const found = weights.get(name);
  if (found !== undefined && sameShape(found.shape, shape)) return found;
  throw new OptionError({
    place: `${file}, "${name}"`,
    problem: found === undefined ? 'the file lacks it' : 'the file has it in another shape',
    expected: formatShape(shape),
    ...(found === undefined ? {} : { found: formatShape(found.shape) }),
    fix:
      'take a file of the same network, or leave its last layers out with ' +
      'initial.takeLastLayers=false',
  });
}

/** The parameters, and their statistics, that are to come from the file. */
function wantedParts(
  { takeLastLayers, lastLayersAreLogitsOnly }: TrainConfig['initial'],
  { parameters, statistics }: TrainedParts,
): TrainedParts {
  const last: readonly LastLayer[] = lastLayersAreLogitsOnly ? ['logits'] : ['head', 'logits'];
  const taken = parameters.filter(
    ({ lastLayer }) => takeLastLayers || !last.includes(lastLayer),
  );
  const layers = new Set(taken.map(({ name }) => layerOf(name)));
  return {
    parameters: taken,
    statistics: statistics.filter(({ name }) => layers.has(layerOf(name))),
  };
}

/** `aspp0` of `aspp0/weights` and of `aspp0/BatchNorm/gamma`. */
function layerOf(name: string): string {
  return name.replace(/(\/BatchNorm)?\/[^/]+$/, '');
}

function isTflite(bytes: Uint8Array): boolean {
  return new TextDecoder('latin1').decode(bytes.subarray(4, 8)) === 'TFL3';
}
