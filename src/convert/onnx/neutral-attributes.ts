import type { OnnxAttribute } from '../../formats/onnx/index.js';
import type { NodeImport } from './import-scope.js';

type Neutral = (attribute: OnnxAttribute) => boolean;

const anything: Neutral = () => true;

function int(expected: bigint): Neutral {
  return ({ kind, value }) => kind === 'int' && value === expected;
}

function text(expected: string): Neutral {
  return ({ kind, value }) => kind === 'string' && value === expected;
}

/**
 * Attributes that change nothing about the result, at all or at a certain value: statistics of
 * training, hints, what the shapes tell already, and switches that are off.
 */
const neutral: { readonly [name: string]: Neutral } = {
  antialias: int(0n),
  block_size: int(0n),
  broadcast: int(0n),
  consumed_inputs: anything,
  dilations: ({ kind, value }) => kind === 'ints' && value.every((rate) => rate === 1n),
  exclude_outside: int(0n),
  // Read only where coordinates crop, which is refused.
  extrapolation_value: anything,
  is_test: int(1n),
  keep_aspect_ratio_policy: text('stretch'),
  kernel_shape: anything,
  momentum: anything,
  noop_with_empty_axes: int(0n),
  num_outputs: anything,
  output_dtype: int(0n),
  ratio: anything,
  saturate: int(1n),
  seed: anything,
  spatial: int(1n),
  storage_order: int(0n),
};

/**
 * Refuses a node that has an attribute which its importer did not read and which may matter: a
 * result that ignores it would be silently wrong.
 */
export function requireNeutralRest(scope: NodeImport): void {
  for (const name of scope.unread) {
    const attribute = scope.node.attributes.get(name);
    const known = Object.hasOwn(neutral, name) ? neutral[name] : undefined;
    if (attribute === undefined || known?.(attribute)) continue;
    const { kind, value } = attribute;
    const shown = kind === 'tensor' || kind === 'graph' ? `a ${kind}` : `${value}`;
    scope.unsupported(`attribute ${name} = ${shown.slice(0, 60)} is not computed here`);
  }
}
