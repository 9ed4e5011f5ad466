import { architectures, measured } from '../../../src/models/architectures.js';
import { alignRows, formatCount } from '../table.js';

/** What `atrous models list --architectures --json` prints of a network. */
export interface ListedArchitecture {
  readonly name: string;
  readonly origin: string;
  /** Batch norm's statistics among them. */
  readonly parameters: number;
  /** At 513x513. */
  readonly multiplyAdds: number;
  /** Multiply-adds as they were published, and ours at that size, counted in the same way. */
  readonly published?: {
    readonly multiplyAdds: number;
    readonly ours: number;
    readonly width: number;
    readonly height: number;
  };
}

/** The networks of the papers and of the release, with what they cost. */
export function listArchitectures(): readonly ListedArchitecture[] {
  return architectures.map((architecture) => {
    const { name, origin, published, cost, asPublished = 0 } = measured(architecture);
    const { parameters, multiplyAdds } = cost;
    return {
      name,
      origin,
      parameters,
      multiplyAdds,
      ...(published === undefined
        ? {}
        : {
            published: {
              multiplyAdds: Math.round(published.multiplyAdds * 1e9),
              ours: Math.round(asPublished),
              width: published.width ?? 513,
              height: published.height ?? 513,
            },
          }),
    };
  });
}

/** The list as lines for people. */
export function architecturesText(list: readonly ListedArchitecture[]): readonly string[] {
  const rows = list.map(({ name, parameters, multiplyAdds, origin }) => [
    name,
    formatCount(parameters),
    formatCount(multiplyAdds),
    origin,
  ]);
  return alignRows(
    [['name', 'parameters', 'multiply-adds', 'from'], ...rows],
    ['left', 'right', 'right'],
  );
}
