import {
  type DatasetFormat,
  findDataset,
  type LabelSetName,
  type ListedSource,
  type OpenDatasetOptions,
  openDataset,
} from '../../../src/data/node/index.js';

/** The flags that say which dataset is meant. */
export interface DatasetFlags {
  readonly split?: string;
  readonly format?: DatasetFormat;
  readonly labelSet?: LabelSetName;
}

/** The splits that a command works on: the one that is named, else all. */
export async function chosenSplits(path: string, flags: DatasetFlags): Promise<readonly string[]> {
  const { split } = flags;
  const found = await findDataset(path, optionsOf(flags));
  return split === undefined ? found.splits : [split];
}

/** Opens one of the splits. */
export function openSplit(
  path: string,
  split: string,
  flags: DatasetFlags,
  allowMissing: boolean,
): Promise<ListedSource> {
  return openDataset(path, { ...optionsOf(flags), split, allowMissing });
}

function optionsOf({ format, labelSet }: DatasetFlags): OpenDatasetOptions {
  return {
    ...(format === undefined ? {} : { format }),
    ...(labelSet === undefined ? {} : { labelSet }),
  };
}
