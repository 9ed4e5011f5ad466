import { OptionError } from '../core/errors.js';
import { elementCount, formatShape, type Tensor } from '../core/tensor.js';
import {
  type NamedTensors,
  optimizations,
  type RunOptions,
  type SessionOptions,
  type ValueType,
  workingMemories,
} from './session.js';

const maximumThreads = 1024;

/** Checks the session options that do not depend on the machine. @throws OptionError */
export function checkSessionOptions(options: SessionOptions): void {
  const { threads = 0, optimization = 'all', workingMemory = 'kept' } = options;
  if (!(Number.isInteger(threads) && threads >= 0 && threads <= maximumThreads)) {
    throw new OptionError({
      place: 'session option threads',
      problem: 'not a number of threads',
      expected: `a whole number from 1 to ${maximumThreads}, or 0 for the default`,
      found: `${threads}`,
    });
  }
  requireChoice('optimization', optimizations, optimization);
  requireChoice('workingMemory', workingMemories, workingMemory);
}

function requireChoice(option: string, choices: readonly string[], found: string): void {
  if (choices.includes(found)) return;
  throw new OptionError({
    place: `session option ${option}`,
    problem: 'unknown choice',
    expected: choices.join(', '),
    found,
  });
}

/**
 * Checks what a run is given against what the model has, and returns the outputs to compute.
 *
 * @throws OptionError that names the input or output, what it should be and what it is
 */
export function checkRun(
  inputs: readonly ValueType[],
  outputs: readonly ValueType[],
  feeds: NamedTensors,
  fetches: readonly string[] | undefined,
  { transfer = [], into = {} }: RunOptions,
): readonly string[] {
  for (const input of inputs) {
    const feed = feeds[input.name];
    if (feed === undefined) {
      throw new OptionError({
        place: `input "${input.name}"`,
        problem: 'it is missing from the feeds',
        expected: formatType(input.dtype, input.shape),
        found: namesOf(Object.keys(feeds)),
      });
    }
    checkTensor(`input "${input.name}"`, input, feed);
  }
  for (const name of Object.keys(feeds)) requireName('input', inputs, name);
  for (const name of transfer) requireName('input', inputs, name);
  for (const name of fetches ?? []) requireName('output', outputs, name);
  const fetched = fetches === undefined || fetches.length === 0 ? outputs.map(nameOf) : fetches;
  for (const [name, target] of Object.entries(into)) {
    checkTensor(`output "${name}"`, requireName('output', outputs, name), target);
    if (!fetched.includes(name)) {
      throw new OptionError({
        place: `output "${name}"`,
        problem: 'a tensor to write it into was given, but it is not fetched',
      });
    }
  }
  return fetched;
}

/** The error of a call on a session that was disposed. */
export function disposedError(): OptionError {
  return new OptionError({
    place: 'session',
    problem: 'it has been disposed',
    fix: 'open the model again',
  });
}

/** The error of asking for times that were not measured. */
export function notProfiledError(): OptionError {
  return new OptionError({
    place: 'session',
    problem: 'no operator times were measured',
    fix: 'open the model with the option profile',
  });
}

function checkTensor(place: string, type: ValueType, tensor: Tensor): void {
  if (tensor.dtype !== type.dtype || !fitsShape(type.shape, tensor.shape)) {
    throw new OptionError({
      place,
      problem: 'the tensor does not fit the model',
      expected: formatType(type.dtype, type.shape),
      found: formatType(tensor.dtype, tensor.shape),
    });
  }
  if (tensor.data.length !== elementCount(tensor.shape)) {
    throw new OptionError({
      place,
      problem: `the array does not fill the shape ${formatShape(tensor.shape)}`,
      expected: `${elementCount(tensor.shape)} elements`,
      found: `${tensor.data.length}`,
      fix: 'do not use an array again whose memory was transferred',
    });
  }
}

function fitsShape(expected: ValueType['shape'], found: readonly number[]): boolean {
  // ONNX Runtime tells no axes both for scalars and for unknown shapes; it checks these itself.
  if (expected.length === 0) return true;
  return (
    expected.length === found.length &&
    expected.every((size, axis) => typeof size === 'string' || size === found[axis])
  );
}

function requireName(role: string, types: readonly ValueType[], name: string): ValueType {
  const type = types.find((candidate) => candidate.name === name);
  if (type !== undefined) return type;
  throw new OptionError({
    place: `${role} "${name}"`,
    problem: `the model has no such ${role}`,
    expected: namesOf(types.map(nameOf)),
  });
}

function nameOf({ name }: ValueType): string {
  return name;
}

function namesOf(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.map((name) => `"${name}"`).join(', ');
}

function formatType(dtype: string, shape: readonly (number | string)[]): string {
  return `${dtype}[${shape.join(', ')}]`;
}
