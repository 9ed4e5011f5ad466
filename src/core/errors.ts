/** The parts of an error message, in the order a reader needs them. */
export interface ErrorParts {
  /** Where it went wrong: a file, an operator, an option. */
  readonly place: string;
  /** What is wrong there, in one clause. */
  readonly problem: string;
  /** What would have been right. */
  readonly expected?: string;
  /** What was there instead. */
  readonly found?: string;
  /** How to mend it. */
  readonly fix?: string;
  readonly cause?: unknown;
}

/**
 * Base of every error that atrous raises on purpose.
 *
 * The message is one line: `place: problem (expected …, found …); fix`.
 */
export class AtrousError extends Error {
  override readonly name: string = 'AtrousError';
  readonly place: string;
  readonly problem: string;
  readonly expected: string | undefined;
  readonly found: string | undefined;
  readonly fix: string | undefined;

  constructor(parts: ErrorParts) {
    super(formatParts(parts), parts.cause === undefined ? undefined : { cause: parts.cause });
    this.place = parts.place;
    this.problem = parts.problem;
    this.expected = parts.expected;
    this.found = parts.found;
    this.fix = parts.fix;
  }
}

/** A file that cannot be read as what it should be: model, picture, checkpoint, configuration. */
export class FormatError extends AtrousError {
  override readonly name = 'FormatError';
}

/** A graph that breaks a rule: an operator's shapes, types or attributes do not fit. */
export class GraphError extends AtrousError {
  override readonly name = 'GraphError';
}

/** A model file that is sound but uses something that atrous does not (yet) compute. */
export class UnsupportedError extends AtrousError {
  override readonly name = 'UnsupportedError';
}

/** A device or runtime that is missing, or that failed while it worked. */
export class DeviceError extends AtrousError {
  override readonly name = 'DeviceError';
}

/** A call or a command line with a value that cannot be honoured. */
export class OptionError extends AtrousError {
  override readonly name = 'OptionError';
}

/** A result that could not be written. */
export class OutputError extends AtrousError {
  override readonly name = 'OutputError';
}

/** A broken promise inside atrous itself: report it. */
export class InternalError extends AtrousError {
  override readonly name = 'InternalError';

  constructor(place: string, problem: string, cause?: unknown) {
    super({
      place: `internal: ${place}`,
      problem,
      fix: 'please report this',
      cause,
    });
  }
}

/** The message of anything thrown, on one line. */
export function messageOf(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return text.replace(/\s*\n\s*/g, ' ').trim();
}

function formatParts(parts: ErrorParts): string {
  const comparison = [
    parts.expected === undefined ? undefined : `expected ${parts.expected}`,
    parts.found === undefined ? undefined : `found ${parts.found}`,
  ].filter((clause) => clause !== undefined);
  const detail = comparison.length > 0 ? ` (${comparison.join(', ')})` : '';
  const fix = parts.fix === undefined ? '' : `; ${parts.fix}`;
  return onOneLine(`${parts.place}: ${parts.problem}${detail}${fix}`);
}

/** Names out of files may hold anything: line ends and other control characters are spelt out. */
function onOneLine(text: string): string {
  return text.replace(
    /[\p{Cc}\u2028\u2029]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
