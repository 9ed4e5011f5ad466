import { OptionError } from '../../../src/core/errors.js';
import { type CrfParameters, completeCrfParameters } from '../../../src/crf/parameters.js';

/** The CRF's parameters by the names that DeepLab's papers and scripts call them. */
const names = {
  bi_w: 'bilateralWeight',
  bi_xy_std: 'bilateralPositionDeviation',
  bi_rgb_std: 'bilateralColourDeviation',
  pos_w: 'spatialWeight',
  pos_xy_std: 'spatialPositionDeviation',
  iterations: 'iterations',
} as const satisfies Readonly<Record<string, keyof CrfParameters>>;

export type CrfParameterName = keyof typeof names;

export const crfParameterNames = Object.keys(names) as readonly CrfParameterName[];

/** What the library calls a parameter. */
export function fieldOf<N extends CrfParameterName>(name: N): (typeof names)[N] {
  return names[name];
}

/** Parameters under the papers' names, in their order. */
export function namedParameters(
  parameters: CrfParameters,
): Readonly<Record<CrfParameterName, number>> {
  const entries = crfParameterNames.map((name) => [name, parameters[names[name]]] as const);
  return Object.fromEntries(entries) as Record<CrfParameterName, number>;
}

/** Parameters as `--crf-parameters` takes them: `bi_w=4,bi_xy_std=67,…`. */
export function parameterText(parameters: CrfParameters): string {
  return Object.entries(namedParameters(parameters))
    .map(([name, value]) => `${name}=${value}`)
    .join(',');
}

/**
 * Values under the papers' names as parameters of the library.
 *
 * @param place What errors name in front.
 * @throws OptionError for a value that a parameter cannot have.
 */
export function parametersOf(
  values: ReadonlyMap<CrfParameterName, number>,
  place: string,
): Partial<CrfParameters> {
  const parameters: Partial<Record<keyof CrfParameters, number>> = {};
  for (const [name, value] of values) {
    const field = names[name];
    try {
      completeCrfParameters({ [field]: value });
    } catch (cause) {
      if (!(cause instanceof OptionError)) throw cause;
      const { problem, expected, found } = cause;
      throw new OptionError({
        place: `${place}, ${name}`,
        problem,
        ...(expected === undefined ? {} : { expected }),
        ...(found === undefined ? {} : { found }),
        cause,
      });
    }
    parameters[field] = value;
  }
  return parameters;
}
