import { z } from 'zod';
import { FormatError } from '../../core/errors.js';
import { nearest } from '../../core/spelling.js';

type Issue = z.core.$ZodIssue;

/** The error for the first thing that is wrong; an unknown key explains a missing one. */
export function configError(
  schema: z.ZodType,
  issues: readonly Issue[],
  value: unknown,
  place: string,
): FormatError {
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];
  const path = issue?.path ?? [];
  if (issue?.code === 'unrecognized_keys') {
    const [unknown = ''] = issue.keys;
    const known = keysAt(schema, path, value);
    return new FormatError({
      place,
      problem: `unknown key "${[...path, unknown].join('.')}"`,
      expected: known.join(', '),
      fix: `did you mean "${[...path, nearest(unknown, known)].join('.')}"?`,
    });
  }
  return new FormatError({
    place,
    problem: `${path.join('.') || 'the whole'}: ${issue?.message ?? 'invalid'}`,
  });
}

/** The keys that an object may have at a path of the schema, given what is there. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[], value: unknown): string[] {
  let part = chosen(schema, value);
  let content = value;
  for (const step of path) {
    content = isRecord(content) ? content[String(step)] : undefined;
    part = chosen(below(part, step), content);
  }
  return part instanceof z.ZodObject ? Object.keys(part.shape) : [];
}

function below(schema: unknown, step: PropertyKey): unknown {
  if (schema instanceof z.ZodObject) return schema.shape[String(step)];
  return schema instanceof z.ZodArray ? schema.element : undefined;
}

/** The schema without its wrappings and, of alternatives, the one that the value belongs to. */
function chosen(schema: unknown, value: unknown): unknown {
  if (
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodExactOptional
  ) {
    return chosen(schema.unwrap(), value);
  }
  if (schema instanceof z.ZodPipe) return chosen(schema.out, value);
  if (!(schema instanceof z.ZodDiscriminatedUnion)) return schema;
  const kind = isRecord(value) ? value['kind'] : undefined;
  return schema.options.find(
    (option) => option instanceof z.ZodObject && option.shape['kind']?.safeParse(kind).success,
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
