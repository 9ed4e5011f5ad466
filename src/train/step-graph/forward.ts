import { backward } from '../../autodiff/backward.js';
import { float32 } from '../../core/tensor.js';
import type { GraphBuilder } from '../../graph/builder.js';
import type { Value } from '../../graph/graph.js';
import { onnxDtypes } from '../../graph/onnx-dtype.js';
import { deepLabOutputs } from '../../models/deeplab.js';
import { heads } from '../../models/heads/index.js';
import {
  type BuiltParameter,
  type BuiltStatistic,
  type DropoutInput,
  Layers,
} from '../../models/layers.js';
import { distillation, labelsAt } from '../losses/distillation.js';
import { LossInputs, LossLabels, totalLoss } from '../losses/index.js';
import { required } from '../required.js';
import { teacherLogits } from '../teacher.js';
import { stepInputs } from './names.js';
import { batchNormOf, isTrained } from './rate-factors.js';
import type { StepSettings } from './settings.js';

/** A parameter that the step moves, with the loss's gradient by it. */
export interface MovedParameter extends BuiltParameter {
  readonly gradient: Value;
}

/** From images and labels to the loss and its gradients. */
export class Forward {
  readonly loss: Value;
  readonly #builder: GraphBuilder;
  readonly #layers: Layers;
  readonly #settings: StepSettings;

  constructor(builder: GraphBuilder, settings: StepSettings) {
    this.#builder = builder;
    const { batch, height, width, network, auxiliary, dropout = true } = settings;
    const batchNorm = batchNormOf(settings);
    this.#layers = new Layers(builder, { kind: 'train', batchNorm, dropout });
    this.#settings = settings;
    const pixels = builder.input(stepInputs.image, 'uint8', [batch, height, width, 3]);
    const labels = builder.input(stepInputs.labels, 'uint8', [batch, height, width]);
    const image = normalised(builder, pixels, settings.normalisation);
    const outputs = deepLabOutputs(this.#layers, image, network, auxiliary);
    const lossOf = this.#losses(labels, settings);
    this.loss = this.#sum([
      ...[outputs.logits, ...outputs.scales].map((logits) => lossOf(logits)),
      ...this.#distilled(outputs.logits, image, labels, settings),
      ...outputs.auxiliary.map((logits) => this.#times(lossOf(logits), auxiliary?.weight ?? 1)),
    ]);
  }

  /** Those that the step moves. */
  get parameters(): readonly BuiltParameter[] {
    return this.#layers.parameters.filter((each) => isTrained(this.#settings, each));
  }

  /** Those that follow the batches. */
  get statistics(): readonly BuiltStatistic[] {
    return this.#layers.statistics.filter(({ batches }) => batches.length > 0);
  }

  get dropoutMasks(): readonly DropoutInput[] {
    return this.#layers.dropoutMasks;
  }

  /** The parameters with their gradients, which are added to the graph. */
  moved(): readonly MovedParameter[] {
    const { parameters } = this;
    const values = parameters.map(({ value }) => value);
    const gradients = backward(this.#builder, this.loss, values);
    return parameters.map((parameter, index) => ({
      ...parameter,
      gradient: required(gradients[index], `the gradient of ${parameter.name}`),
    }));
  }

  /** The configured losses of some logits, resized to the labels' size. */
  #losses(labels: Value, settings: StepSettings): (logits: Value) => Value {
    const { height, width, ignoreValue, losses, network } = settings;
    const { resize } = heads[network.head];
    const builder = this.#builder;
    const mines = losses.some((loss) => loss.kind === 'cross-entropy' && loss.hardPixels);
    const kept = mines ? builder.input(stepInputs.keptPixels, 'int64', [1]) : undefined;
    const truth = new LossLabels(builder, labels, ignoreValue);
    return (logits) => {
      const large = this.#layers.resize(logits, [height, width], 'logits/resized', resize);
      return totalLoss(new LossInputs(large, truth), losses, kept);
    };
  }

  /** How far the network is from its teacher, where it has one, at the size of its own logits. */
  #distilled(
    logits: Value,
    image: Value,
    labels: Value,
    { distillation: settings, ignoreValue }: StepSettings,
  ): readonly Value[] {
    if (settings === undefined) return [];
    const size = [logits.shape[2] ?? 1, logits.shape[3] ?? 1] as const;
    const truth = new LossLabels(this.#builder, labelsAt(this.#builder, labels, size), ignoreValue);
    const wanted = teacherLogits(this.#builder, image, settings.teacher, size);
    const loss = distillation(new LossInputs(logits, truth), wanted, settings);
    return [this.#times(loss, settings.weight)];
  }

  #times(value: Value, factor: number): Value {
    if (factor === 1) return value;
    const scale = this.#builder.constant(float32([], [factor]), 'weight');
    return this.#builder.add('Mul', [value, scale], {}, { name: 'loss/weighted' });
  }

  #sum(terms: readonly Value[]): Value {
    return terms.reduce((a, b) => this.#builder.add('Add', [a, b], {}, { name: 'loss/total' }));
  }
}

/** uint8 [N, H, W, 3] to normalised float32 [N, 3, H, W]. */
function normalised(
  builder: GraphBuilder,
  pixels: Value,
  { mean, std }: StepSettings['normalisation'],
): Value {
  const perPlane = (values: readonly number[], name: string) =>
    builder.constant(float32([3, 1, 1], [...values]), name);
  const planes = builder.add('Transpose', [pixels], { perm: [0, 3, 1, 2] }, { name: 'planes' });
  const wide = builder.add('Cast', [planes], { to: onnxDtypes.float32 }, { name: 'pixels' });
  const centred = builder.add('Sub', [wide, perPlane(mean, 'mean')], {}, { name: 'centred' });
  return builder.add('Div', [centred, perPlane(std, 'std')], {}, { name: 'normalised' });
}
