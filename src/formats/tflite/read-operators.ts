import { builtinNames, customCode } from './builtin-operators.js';
import type { TableView } from './flatbuffer-view.js';
import type { OperatorName } from './operator-options.js';
import { operatorSchemas } from './operator-schema.js';
import { outsideBytes } from './read-buffers.js';
import type { TfliteBuiltin, TfliteOperator } from './records.js';
import type { operatorCodeSchema, operatorSchema } from './schema.js';
import type { TableSchema } from './table-schema.js';

type OperatorView = TableView<typeof operatorSchema>;

/** What the operators that share an entry of the file's code list have in common. */
export interface OperatorCode {
  readonly code: number;
  readonly customCode: string;
  readonly version: number;
}

export function readOperatorCode(view: TableView<typeof operatorCodeSchema>): OperatorCode {
  const code = Math.max(view.read('deprecatedBuiltinCode'), view.read('builtinCode'));
  if (code < 0) throw view.fail('builtinCode', 'is not an operator', '0 or more', `${code}`);
  const custom = view.read('customCode');
  if (code === customCode && custom === '') {
    throw view.fail('customCode', 'is missing', "the custom operator's name");
  }
  return { code, customCode: custom, version: view.read('version') };
}

/**
 * One operator of a subgraph.
 *
 * @param tensorCount How many tensors the subgraph has, which bounds the operator's indexes.
 */
export function readOperator(
  view: OperatorView,
  codes: readonly OperatorCode[],
  tensorCount: number,
): TfliteOperator {
  const opcode = codes[view.read('opcodeIndex')];
  if (opcode === undefined) {
    throw view.fail('opcodeIndex', 'is not an operator code', `below ${codes.length}`);
  }
  const { code, version } = opcode;
  const wiring = {
    inputs: readIndexes(view, 'inputs', -1, tensorCount),
    outputs: readIndexes(view, 'outputs', 0, tensorCount),
    version,
  };
  const name = builtinNames[code] ?? `builtin ${code}`;
  if (code === customCode) {
    const customOptions = readCustomOptions(view);
    return { name: 'CUSTOM', customCode: opcode.customCode, customOptions, ...wiring };
  }
  if (!isDescribed(name)) return { name: 'UNSUPPORTED', builtinName: name, code, ...wiring };
  // The options come from the schema of `name`, a pairing that the compiler cannot follow.
  return { name, options: readOptions(view, name), ...wiring } as TfliteBuiltin;
}

/** Indexes of tensors, each at least `least` and below `tensorCount`. */
export function readIndexes<K extends 'inputs' | 'outputs'>(
  view: { read(name: K): readonly number[]; fail: OperatorView['fail'] },
  name: K,
  least: number,
  tensorCount: number,
): readonly number[] {
  const indexes = view.read(name);
  const wrong = indexes.find((index) => index < least || index >= tensorCount);
  if (wrong === undefined) return indexes;
  throw view.fail(name, 'is not a tensor', `${least} to ${tensorCount - 1}`, `${wrong}`);
}

function readOptions(view: OperatorView, name: OperatorName): Readonly<Record<string, unknown>> {
  const { unionType, fields }: { unionType: number; fields: TableSchema } = operatorSchemas[name];
  if (unionType === 0) return {};
  const type = view.read('optionsType');
  if (type !== unionType && type !== 0) {
    throw view.fail('optionsType', `is not that of ${name}`, `${unionType}`, `${type}`);
  }
  const options = type === 0 ? undefined : view.readUnion('options', fields);
  return Object.fromEntries(
    Object.entries(fields).map(([option, field]) => {
      if (options !== undefined) return [option, options.read(option)];
      switch (field.kind) {
        case 'bool':
          return [option, false];
        case 'enum':
          return [option, field.names[0]];
        case 'int32s':
          return [option, []];
        case 'int32':
        case 'float32':
          if (field.default >= field.minimum) return [option, field.default];
          throw view.fail('options', `lack ${option} of ${name}`);
        default:
          throw view.fail('options', `lack ${option} of ${name}`);
      }
    }),
  );
}

function readCustomOptions(view: OperatorView): Uint8Array {
  const offset = view.read('largeOptionsOffset');
  if (offset > 1) {
    const path = view.pathOf('largeOptionsSize');
    return outsideBytes(view.file, offset, view.read('largeOptionsSize'), path);
  }
  return view.read('customOptions') ?? new Uint8Array(0);
}

function isDescribed(name: string): name is OperatorName {
  return Object.hasOwn(operatorSchemas, name);
}
