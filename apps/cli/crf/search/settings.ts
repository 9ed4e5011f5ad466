import type { CrfSearchOptions } from '../../../../src/evaluate/node/index.js';

/** A run of `atrous crf search`. */
export interface CrfSearchSettings extends CrfSearchOptions {
  readonly dataset: string;
  /** Also write what `--json` prints. */
  readonly out?: string;
  readonly json: boolean;
}
