import type {
  OnnxAttribute,
  OnnxModel,
  OnnxNode,
  OnnxValueInfo,
} from '../../formats/onnx/index.js';
import {
  floatAttribute,
  floatsAttribute,
  intAttribute,
  intsAttribute,
  stringAttribute,
} from '../../formats/onnx/index.js';
import type { AttributeKind, AttributeValues } from '../../graph/attributes.js';
import {
  constantsOf,
  type Graph,
  type GraphOutput,
  type Node,
  type Value,
} from '../../graph/graph.js';
import { opsetVersion, schemaOf } from '../../graph/operators.js';

/** Version of the file format that goes with the operator set. */
const irVersion = 8;

/** A graph as the record of an ONNX file; `metadata` travels with it. */
export function graphToOnnx(
  graph: Graph,
  metadata: ReadonlyMap<string, string> = new Map(),
): OnnxModel {
  const { nameOf, renamings } = nameValues(graph);
  const nodes = graph.nodes.map((node) => exportNode(node, nameOf));
  const domains = new Set(graph.nodes.map((node) => schemaOf(node.op).domain));
  const versions = [...domains]
    .filter((domain) => domain !== '')
    .map((domain) => [domain, 1] as const);
  return {
    irVersion,
    opsetImports: new Map([['', opsetVersion], ...versions]),
    producerName: 'atrous',
    producerVersion: '',
    metadata,
    graph: {
      name: 'atrous',
      nodes: [...nodes, ...renamings],
      initializers: constantsOf(graph).map((value) => ({
        name: nameOf(value),
        tensor: value.constant,
      })),
      inputs: graph.inputs.map((value) => valueInfo(nameOf(value), value)),
      outputs: graph.outputs.map(({ name, value }) => valueInfo(name, value)),
      valueInfo: [],
    },
  };
}

interface Naming {
  readonly nameOf: (value: Value) => string;
  /** Copies for outputs that cannot simply lend their name to a value. */
  readonly renamings: readonly OnnxNode[];
}

/**
 * Gives each value its name in the file.
 *
 * In ONNX an output is called what its value is called. A computed value takes the name of its
 * output; one that is an input, a constant or an output already is copied under the name.
 */
function nameValues(graph: Graph): Naming {
  const inputs = new Set(graph.inputs);
  const names = new Map<Value, string>(graph.inputs.map((input) => [input, input.name]));
  const taken = new Set([...graph.inputs, ...graph.outputs].map(({ name }) => name));
  const nameOf = (value: Value): string => {
    const known = names.get(value);
    if (known !== undefined) return known;
    const name = freeName(value.name, taken);
    taken.add(name);
    names.set(value, name);
    return name;
  };

  const copied: GraphOutput[] = [];
  for (const output of graph.outputs) {
    const { name, value } = output;
    const lendable = value.constant === undefined && !inputs.has(value) && !names.has(value);
    if (lendable) names.set(value, name);
    else if (names.get(value) !== name) copied.push(output);
  }
  const nodeNames = new Set(graph.nodes.map(({ name }) => name));
  const renamings = copied.map(({ name, value }): OnnxNode => {
    const nodeName = freeName(name, nodeNames);
    nodeNames.add(nodeName);
    return {
      name: nodeName,
      opType: 'Identity',
      domain: '',
      inputs: [nameOf(value)],
      outputs: [name],
      attributes: new Map(),
    };
  });
  return { nameOf, renamings };
}

/** The name itself, or the name with a number, whichever is not taken. */
function freeName(name: string, taken: ReadonlySet<string>): string {
  let free = name;
  for (let number = 1; taken.has(free); number++) free = `${name}/${number}`;
  return free;
}

function exportNode(node: Node, nameOf: (value: Value) => string): OnnxNode {
  const schema = schemaOf(node.op);
  const given: Readonly<Record<string, unknown>> = node.attributes;
  const attributes = new Map<string, OnnxAttribute>();
  for (const [name, { kind }] of Object.entries(schema.attributes)) {
    const value = given[name];
    if (value !== undefined) attributes.set(name, exportAttribute(kind, value as never));
  }
  return {
    name: node.name,
    opType: schema.type ?? node.op,
    domain: schema.domain,
    inputs: node.inputs.map((input) => (input === undefined ? '' : nameOf(input))),
    outputs: node.outputs.map(nameOf),
    attributes,
  };
}

const attributeExports: {
  readonly [Kind in AttributeKind]: (value: AttributeValues[Kind]) => OnnxAttribute;
} = {
  int: intAttribute,
  float: floatAttribute,
  string: stringAttribute,
  ints: intsAttribute,
  floats: floatsAttribute,
};

function exportAttribute<Kind extends AttributeKind>(
  kind: Kind,
  value: AttributeValues[Kind],
): OnnxAttribute {
  const convert: (value: AttributeValues[Kind]) => OnnxAttribute = attributeExports[kind];
  return convert(value);
}

function valueInfo(name: string, { dtype, shape }: Value): OnnxValueInfo {
  return { name, dtype, shape };
}
