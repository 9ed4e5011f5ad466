import { z } from 'zod';
import { configSchema } from '../../../src/train/config/schema.js';

type Schema = z.core.JSONSchema.JSONSchema;

/** A setting by its key. */
interface Setting {
  readonly key: string;
  readonly schema: Schema;
  readonly isRequired: boolean;
  /** Its value where it is left out. */
  readonly usual: unknown;
}

/** Every setting of a configuration, its values, default and meaning, as indented lines. */
export function settingLines(): readonly string[] {
  return partLines(z.toJSONSchema(configSchema, { io: 'input' }));
}

/** The settings of an object, of each kind of an object, or of a list's entries. */
function partLines(schema: Schema, usual?: unknown): readonly string[] {
  if (schema.oneOf !== undefined) return schema.oneOf.flatMap(kindLines);
  if (schema.type === 'array') return schemasIn(schema.items).flatMap((item) => partLines(item));
  return settingsOf(schema, usual).flatMap(linesOf);
}

function kindLines(schema: Schema): readonly string[] {
  const settings = settingsOf(schema);
  const isKind = (each: Setting) => each.schema.const !== undefined;
  return [
    ...settings.filter(isKind).map((kind) => `${kind.key} = ${kind.schema.const}`),
    ...indented([
      ...meaningOf(schema),
      ...settings.filter((each) => !isKind(each)).flatMap(linesOf),
    ]),
  ];
}

function linesOf({ key, schema, isRequired, usual }: Setting): readonly string[] {
  const facts = [valuesOf(schema), defaultOf(schema, usual, isRequired)].filter((fact) => fact);
  return [
    facts.length === 0 ? key : `${key}: ${facts.join('; ')}`,
    ...indented([...meaningOf(schema), ...partLines(schema, usual)]),
  ];
}

function settingsOf({ properties = {}, required = [] }: Schema, usual?: unknown): Setting[] {
  return Object.entries(properties).flatMap(([key, property]) =>
    schemasIn(property).map((schema) => ({
      key,
      schema,
      isRequired: required.includes(key),
      usual: schema.default ?? (isRecord(usual) ? usual[key] : undefined),
    })),
  );
}

/** What a value may be; nothing of one that has parts. */
function valuesOf(schema: Schema): string {
  if (schema.enum !== undefined) return schema.enum.join(' | ');
  if (schema.prefixItems !== undefined) {
    return `[${schemasIn(schema.prefixItems).map(valuesOf).join(', ')}]`;
  }
  switch (schema.type) {
    case 'array': {
      const entries = schemasIn(schema.items).map(valuesOf).join();
      return `${entries === '' ? 'list' : `[${entries}, …]`}${numberOfEntries(schema)}`;
    }
    case 'string':
      return 'text';
    case 'boolean':
      return 'true | false';
    case 'integer':
    case 'number':
      return [schema.type === 'integer' ? 'whole number' : 'number', ...boundsOf(schema)].join(' ');
    default:
      return '';
  }
}

function numberOfEntries({ minItems, maxItems }: Schema): string {
  if (minItems === undefined) return '';
  return maxItems === undefined ? `, ${minItems} or more` : `, ${minItems} to ${maxItems} of them`;
}

function boundsOf(schema: Schema): readonly string[] {
  const bounds = {
    above: schema.exclusiveMinimum,
    from: schema.minimum,
    'up to': schema.maximum,
    below: schema.exclusiveMaximum,
  };
  // Whole numbers come with the largest ones that floats hold exactly.
  const isSaid = (value: unknown) => Math.abs(Number(value)) < Number.MAX_SAFE_INTEGER;
  return Object.entries(bounds).flatMap(([word, value]) =>
    isSaid(value) ? [`${word} ${value}`] : [],
  );
}

/** The default, unless it is shown part by part. */
function defaultOf(schema: Schema, usual: unknown, isRequired: boolean): string {
  if (usual === undefined) return isRequired ? 'required' : 'optional';
  if (schema.properties !== undefined && isRecord(usual)) return '';
  return `default ${typeof usual === 'string' ? usual : JSON.stringify(usual)}`;
}

function meaningOf({ description }: Schema): readonly string[] {
  return description === undefined ? [] : [description];
}

function schemasIn(value: unknown): readonly Schema[] {
  return [value].flat().filter(isRecord);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function indented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `  ${line}`);
}
