import type { OnnxNode } from '../../formats/onnx/index.js';
import type { AttributeKind } from '../../graph/attributes.js';
import type { Value } from '../../graph/graph.js';
import {
  type AttributesInOf,
  type OperatorName,
  operators,
  schemaOf,
} from '../../graph/operators.js';
import type { NodeImport } from './import-scope.js';

/** The graph's own operator of a node's type and domain. */
export function operatorNamed({ opType, domain }: OnnxNode): OperatorName | undefined {
  const standard = domain === 'ai.onnx' ? '' : domain;
  return Object.keys(operators).find((op): op is OperatorName => {
    const schema = schemaOf(op as OperatorName);
    return (schema.type ?? op) === opType && schema.domain === standard;
  });
}

/** Adds a node's counterpart under the node's name. */
export function addAs<Op extends OperatorName>(
  scope: NodeImport,
  op: Op,
  inputs: readonly (Value | undefined)[],
  attributes: AttributesInOf<Op>,
): readonly Value[] {
  const [least, most] = schemaOf(op).outputs;
  const outputs = Math.min(Math.max(scope.node.outputs.length, least), most);
  if (scope.node.outputs.slice(outputs).some((name) => name !== '')) {
    scope.unsupported(`more than ${outputs} output(s)`);
  }
  return scope.builder.addAll(op, inputs, attributes, { name: scope.name, outputs });
}

/** The attributes that the operator's schema knows; defaults are left to the schema. */
export function genericAttributes<Op extends OperatorName>(
  scope: NodeImport,
  op: Op,
): AttributesInOf<Op> {
  const given = Object.entries(schemaOf(op).attributes).map(([name, { kind }]) => [
    name,
    readAttribute(scope, name, kind),
  ]);
  return Object.fromEntries(given.filter(([, value]) => value !== undefined)) as AttributesInOf<Op>;
}

function readAttribute(scope: NodeImport, name: string, kind: AttributeKind): unknown {
  switch (kind) {
    case 'int': {
      const value = scope.attribute(name, 'int');
      return value === undefined ? undefined : Number(value);
    }
    case 'ints':
      return scope.ints(name);
    case 'floats': {
      const values = scope.attribute(name, 'floats');
      return values === undefined ? undefined : Array.from(values);
    }
    case 'float':
    case 'string':
      return scope.attribute(name, kind);
  }
}
