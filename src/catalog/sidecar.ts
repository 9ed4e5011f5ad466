import { z } from 'zod';
import { FormatError } from '../core/errors.js';
import { nearest } from '../core/spelling.js';

const byte = z.number().int().min(0).max(255);
const perChannel = z.union([z.number(), z.tuple([z.number(), z.number(), z.number()])]);
const positive = z.union([
  z.number().positive(),
  z.tuple([z.number().positive(), z.number().positive(), z.number().positive()]),
]);

const sidecarSchema = z.strictObject({
  labels: z.array(z.string()).min(1).max(65_535).optional(),
  palette: z
    .array(z.tuple([byte, byte, byte]))
    .min(1)
    .optional(),
  background: z.number().int().min(0).optional(),
  normalisation: z.strictObject({ mean: perChannel, std: positive }).optional(),
  fit: z.enum(['pad', 'stretch']).optional(),
  size: z.tuple([z.number().int().positive(), z.number().int().positive()]).optional(),
});

/**
 * What the JSON file beside a model may say of it: class names, their colours, the background
 * class, `normalisation` as (pixel - mean) / std with pixels from 0 to 255, how pictures are fitted
 * to the input, and the input's width and height where the model leaves them open.
 */
export type Sidecar = z.infer<typeof sidecarSchema>;

/**
 * Reads the text of a sidecar file.
 *
 * @throws FormatError naming the first field that is wrong, or the nearest known name of a field
 *   that is unknown.
 */
export function parseSidecar(text: string, place: string): Sidecar {
  const result = sidecarSchema.safeParse(parseJson(text, place));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = issue?.path.join('.') || 'the whole file';
  if (issue?.code === 'unrecognized_keys') {
    const [unknown = ''] = issue.keys;
    throw new FormatError({
      place,
      problem: `unknown field "${unknown}"`,
      expected: Object.keys(sidecarSchema.shape).join(', '),
      fix: `did you mean "${nearest(unknown, Object.keys(sidecarSchema.shape))}"?`,
    });
  }
  throw new FormatError({ place, problem: `${field}: ${issue?.message ?? 'invalid'}` });
}

function parseJson(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FormatError({ place, problem: 'not valid JSON', cause });
  }
}
