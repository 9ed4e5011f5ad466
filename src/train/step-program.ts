import { InternalError } from '../core/errors.js';
import type { Tensor, TensorOf } from '../core/tensor.js';
import type { NamedTensors, Session } from '../runtime/index.js';
import { DropoutMask } from './dropout-masks.js';
import { GradientSums } from './gradient-sums.js';
import { StateBuffer } from './state-buffer.js';
import { lossOutput, type StateCell, stepInputs, type TrainingGraph } from './step-graph/index.js';
import type { TrainingState } from './training-state.js';

/** What a step sees. */
export interface TrainerBatch {
  /** [N, H, W, 3] */
  readonly images: TensorOf<'uint8'>;
  /** [N, H, W] */
  readonly labels: TensorOf<'uint8'>;
}

/** What a step is given. */
export interface StepCall {
  readonly batch: TrainerBatch;
  readonly seed: number;
  /** Number of the step, from 1. */
  readonly number: number;
  readonly scalars: NamedTensors;
}

/** A way to get from one state to the next. */
export interface StepProgram {
  readonly state: TrainingState;
  /** Computes the next state beside the current one, and returns the loss. */
  run(call: StepCall): Promise<number>;
  /** Makes the next state the current one. */
  accept(): void;
}

/** A session on a graph, and the cells that the graph reads and writes. */
export interface CellSession {
  readonly session: Session;
  readonly cells: readonly StateCell[];
}

/** The step as one graph. */
export class WholeStep implements StepProgram {
  readonly #session: Session;
  readonly #buffer: StateBuffer;
  readonly #masks: readonly DropoutMask[];

  constructor(
    { session, cells }: CellSession,
    { dropoutMasks }: Pick<TrainingGraph, 'dropoutMasks'>,
    state: TrainingState,
  ) {
    this.#session = session;
    this.#buffer = new StateBuffer(state, cells, outputsOf(session));
    this.#masks = masksOf(dropoutMasks);
  }

  get state(): TrainingState {
    return this.#buffer.current;
  }

  async run({ batch, seed, number, scalars }: StepCall): Promise<number> {
    this.#buffer.restart();
    const feeds = {
      ...this.#buffer.feeds,
      ...drawnMasks(this.#masks, seed, number, 0),
      ...scalars,
      [stepInputs.image]: batch.images,
      [stepInputs.labels]: batch.labels,
    };
    const loss = lossOf(await runWith(this.#session, feeds, this.#buffer.into));
    this.#buffer.advance();
    return loss;
  }

  accept(): void {
    this.#buffer.accept();
  }
}

/**
 * The step in two graphs: gradients of one part of the batch after the other, then the update by
 * their mean. The parts count by their labelled pixels, which makes the mean of losses per pixel
 * that of the whole batch. Batch norm sees and follows the parts, not the batch.
 */
export class AccumulatedStep implements StepProgram {
  readonly #gradients: Session;
  readonly #updates: Session;
  readonly #trained: StateBuffer;
  /** Advanced by every part. */
  readonly #statistics: StateBuffer;
  readonly #masks: readonly DropoutMask[];
  readonly #sums: GradientSums;
  readonly #parts: number;
  readonly #ignoreValue: number;

  constructor(
    gradients: CellSession,
    updates: CellSession,
    { dropoutMasks, parameters, statistics }: Omit<TrainingGraph, 'graph'>,
    state: TrainingState,
    parts: number,
    ignoreValue: number,
  ) {
    this.#gradients = gradients.session;
    this.#updates = updates.session;
    const followed = new Set(statistics.map(({ name }) => name));
    const split = (inSet: boolean, { session, cells }: CellSession, writes: number) => {
      const own = [...state].filter(([name]) => followed.has(name) === inSet);
      return new StateBuffer(new Map(own), cells, outputsOf(session), writes);
    };
    this.#trained = split(false, updates, 1);
    this.#statistics = split(true, gradients, parts);
    this.#masks = masksOf(dropoutMasks);
    this.#sums = new GradientSums(parameters);
    this.#parts = parts;
    this.#ignoreValue = ignoreValue;
  }

  get state(): TrainingState {
    return new Map([...this.#trained.current, ...this.#statistics.current]);
  }

  async run({ batch, seed, number, scalars }: StepCall): Promise<number> {
    const shares = this.#shares(batch.labels);
    this.#trained.restart();
    this.#statistics.restart();
    const trained = this.#trained.feeds;
    this.#sums.clear();
    let loss = 0;
    for (const [part, share] of shares.entries()) {
      const images = partOf(batch.images, part, this.#parts);
      const feeds = {
        ...trained,
        ...this.#statistics.feeds,
        ...drawnMasks(this.#masks, seed, number, part * (images.shape[0] ?? 1)),
        ...scalars,
        [stepInputs.image]: images,
        [stepInputs.labels]: partOf(batch.labels, part, this.#parts),
      };
      const into = { ...this.#statistics.into, ...this.#sums.into };
      const own = lossOf(await runWith(this.#gradients, feeds, into));
      if (!Number.isFinite(own)) return own;
      this.#statistics.advance();
      this.#sums.add(share);
      loss += share * own;
    }
    const feeds = { ...trained, ...scalars, ...this.#sums.feeds };
    await runWith(this.#updates, feeds, this.#trained.into);
    this.#trained.advance();
    return loss;
  }

  accept(): void {
    this.#trained.accept();
    this.#statistics.accept();
  }

  /** Each part's share of the batch's labelled pixels. */
  #shares(labels: TensorOf<'uint8'>): readonly number[] {
    const counts = Array.from({ length: this.#parts }, (_, part) => {
      let count = 0;
      for (const label of partOf(labels, part, this.#parts).data) {
        if (label !== this.#ignoreValue) count++;
      }
      return count;
    });
    const all = counts.reduce((sum, count) => sum + count, 0);
    return counts.map((count) => (all === 0 ? 1 / this.#parts : count / all));
  }
}

/** One of the equal parts of a batch, without a copy. */
function partOf(batch: TensorOf<'uint8'>, part: number, parts: number): TensorOf<'uint8'> {
  const [samples = 1, ...rest] = batch.shape;
  const length = batch.data.length / parts;
  const data = batch.data.subarray(part * length, (part + 1) * length);
  return { dtype: 'uint8', shape: [samples / parts, ...rest], data };
}

function masksOf(masks: TrainingGraph['dropoutMasks']): readonly DropoutMask[] {
  return masks.map(({ name, shape, keep }, index) => new DropoutMask(name, shape, index, keep));
}

function drawnMasks(
  masks: readonly DropoutMask[],
  seed: number,
  step: number,
  firstSample: number,
): NamedTensors {
  for (const mask of masks) mask.draw(seed, step, firstSample);
  return Object.fromEntries(masks.map(({ name, tensor }) => [name, tensor as Tensor]));
}

/** Runs a session on those of the tensors that it has inputs and outputs for. */
function runWith(
  session: Session,
  feeds: NamedTensors,
  into: NamedTensors,
): Promise<Record<string, Tensor>> {
  return session.run(named(session.inputs, feeds), undefined, {
    into: named(session.outputs, into),
  });
}

function outputsOf({ outputs }: Session): ReadonlySet<string> {
  return new Set(outputs.map(({ name }) => name));
}

function named(wanted: readonly { readonly name: string }[], tensors: NamedTensors): NamedTensors {
  return Object.fromEntries(
    wanted.flatMap(({ name }) => {
      const found = tensors[name];
      return found === undefined ? [] : [[name, found]];
    }),
  );
}

function lossOf(outputs: Readonly<Record<string, Tensor>>): number {
  const loss = outputs[lossOutput]?.data[0];
  if (loss === undefined) throw new InternalError('training step', 'it gave no loss');
  return Number(loss);
}
