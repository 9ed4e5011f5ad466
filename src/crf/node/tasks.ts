import type { Chains } from '../lattice/chains.js';
import { type FeatureSource, featuresOf } from '../lattice/features.js';
import { GaussianFilter } from '../lattice/gaussian-filter.js';
import { type LatticePoints, latticeChains, latticePoints } from '../lattice/lattice.js';
import { type MeanFieldSizes, meanFieldArrays } from '../mean-field/arrays.js';
import { type Block, kernelsOf } from '../mean-field/block.js';
import { runPhasesTogether } from '../mean-field/gang.js';
import { meanFieldPhases } from '../mean-field/phases.js';
import { prepareTerm, type TermSettings } from '../mean-field/prepare.js';
import { sharedMemory } from '../memory.js';

/** What a thread can be asked to do, all of it plain data over shared memory; and its answer. */
export interface Tasks {
  readonly points: { readonly ask: FeatureSource; readonly answer: LatticePoints };
  readonly chains: {
    readonly ask: { readonly lattice: LatticePoints; readonly axis: number };
    readonly answer: Chains;
  };
  readonly prepare: { readonly ask: PrepareTask; readonly answer: undefined };
  readonly iterate: { readonly ask: IterateTask; readonly answer: undefined };
}

export interface PrepareTask {
  readonly lattice: LatticePoints;
  readonly chains: readonly Chains[];
  readonly settings: TermSettings;
  readonly block: Block;
  readonly sizes: MeanFieldSizes;
  readonly term: number;
}

export interface IterateTask {
  readonly block: Block;
  readonly sizes: MeanFieldSizes;
  readonly thread: number;
}

export type TaskKind = keyof Tasks;

/** A task with its kind. */
export type Task = {
  [K in TaskKind]: { readonly kind: K; readonly ask: Tasks[K]['ask'] };
}[TaskKind];

export type TaskReply = { readonly answer: unknown } | { readonly problem: string };

/** Does a task in the calling thread. */
export function perform(task: Task): Tasks[TaskKind]['answer'] {
  switch (task.kind) {
    case 'points':
      return latticePoints(featuresOf(task.ask), sharedMemory);
    case 'chains':
      return latticeChains(task.ask.lattice, task.ask.axis, sharedMemory);
    case 'prepare':
      return prepare(task.ask);
    case 'iterate':
      return iterate(task.ask);
  }
}

function prepare({ lattice, chains, settings, block, sizes, term }: PrepareTask): undefined {
  const { vertices, weights, table } = lattice;
  const filter = new GaussianFilter(vertices, weights, table.count, chains);
  const arrays = meanFieldArrays(sizes, block.memory.buffer).terms[term];
  if (arrays !== undefined) prepareTerm(filter, settings, arrays);
}

function iterate({ block, sizes, thread }: IterateTask): undefined {
  const arrays = meanFieldArrays(sizes, block.memory.buffer);
  const phases = meanFieldPhases(arrays, kernelsOf(block), thread);
  runPhasesTogether(phases, arrays.control, sizes.threads);
}
