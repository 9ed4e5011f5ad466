import { lower } from '../convert/lowering/lower.js';
import { graphToOnnx } from '../convert/onnx/graph-to-onnx.js';
import { float32, int64 } from '../core/tensor.js';
import { writeOnnx } from '../formats/onnx/index.js';
import type { Graph } from '../graph/graph.js';
import type { Runtime, Session, SessionOptions } from '../runtime/index.js';
import { keptPixels } from './losses/index.js';
import {
  gradientGraph,
  type StepSettings,
  stepGraph,
  stepInputs,
  updateGraph,
  withStateCells,
} from './step-graph/index.js';
import {
  AccumulatedStep,
  type CellSession,
  type StepProgram,
  type TrainerBatch,
  WholeStep,
} from './step-program.js';
import type { TrainingState } from './training-state.js';

/** How a trainer computes. */
export interface TrainerOptions {
  /** Of the whole batch. */
  readonly settings: StepSettings;
  /** Parts that a batch is worked off in; divides the batch. */
  readonly microBatches: number;
  /** Dropout comes from it and the step's number. */
  readonly seed: number;
  readonly runtime: Runtime;
  readonly session?: SessionOptions;
}

/**
 * Trains a network step by step, each a run of one graph (two, with micro-batches).
 *
 * The same state, seed, batches, device and number of threads give the same steps, bit for bit.
 */
export class Trainer {
  readonly #options: TrainerOptions;
  readonly #sessions: readonly Session[];
  readonly #program: StepProgram;
  #steps: number;

  private constructor(
    options: TrainerOptions,
    sessions: readonly Session[],
    program: StepProgram,
    steps: number,
  ) {
    this.#options = options;
    this.#sessions = sessions;
    this.#program = program;
    this.#steps = steps;
  }

  /**
   * Builds the step's graph and opens it on the device.
   *
   * @param state of the run so far; the trainer takes it over.
   * @param steps done so far.
   * @throws DeviceError where the device is missing or fails.
   */
  static async open(options: TrainerOptions, state: TrainingState, steps = 0): Promise<Trainer> {
    const { settings, microBatches } = options;
    if (microBatches === 1) {
      const step = stepGraph(settings);
      const opened = await openGraph(step.graph, options);
      return new Trainer(options, [opened.session], new WholeStep(opened, step, state), steps);
    }
    const half = gradientGraph({ ...settings, batch: settings.batch / microBatches });
    const update = updateGraph(settings, half.parameters);
    const gradients = await openGraph(half.graph, options);
    try {
      const updates = await openGraph(update, options);
      const program = new AccumulatedStep(
        gradients,
        updates,
        half,
        state,
        microBatches,
        settings.ignoreValue,
      );
      return new Trainer(options, [gradients.session, updates.session], program, steps);
    } catch (error) {
      await gradients.session.dispose();
      throw error;
    }
  }

  /** Steps done. */
  get steps(): number {
    return this.#steps;
  }

  /** The run's state; overwritten two steps later. */
  get state(): TrainingState {
    return this.#program.state;
  }

  /**
   * Does a step and returns its loss, which is of the parameters before it.
   *
   * A loss that is no number leaves the state as it was.
   */
  async step(batch: TrainerBatch, learningRate: number): Promise<number> {
    const { settings, microBatches, seed } = this.#options;
    const number = this.#steps + 1;
    const [hard] = settings.losses.flatMap((loss) =>
      loss.kind === 'cross-entropy' && loss.hardPixels !== undefined ? [loss.hardPixels] : [],
    );
    const pixels = (settings.batch / microBatches) * settings.height * settings.width;
    const kept = hard === undefined ? pixels : keptPixels(hard, this.#steps, pixels);
    const loss = await this.#program.run({
      batch,
      seed,
      number,
      scalars: {
        [stepInputs.learningRate]: float32([], [learningRate]),
        [stepInputs.step]: float32([], [number]),
        [stepInputs.keptPixels]: int64([kept]),
      },
    });
    if (Number.isFinite(loss)) {
      this.#program.accept();
      this.#steps = number;
    }
    return loss;
  }

  /** Frees the sessions. */
  async dispose(): Promise<void> {
    await Promise.all(this.#sessions.map((session) => session.dispose()));
  }
}

async function openGraph(whole: Graph, options: TrainerOptions): Promise<CellSession> {
  const { runtime, session = {} } = options;
  const { graph, cells } = withStateCells(whole);
  const lowered = await lower(graph, runtime, session);
  // On the CPU the lowered graph is as ONNX Runtime would make it: looking further takes as long
  // as all else in opening, and leaves a step as fast as it was.
  const isCpu = (session.device ?? 'cpu') === 'cpu';
  const defaults: SessionOptions = isCpu ? { optimization: 'basic' } : {};
  const bytes = writeOnnx(graphToOnnx(lowered));
  return { session: await runtime.open(bytes, { ...defaults, ...session }), cells };
}
