import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DeviceError, FormatError } from '../../core/errors.js';
import type { OperatorTime } from '../session.js';

/** A folder of its own for the file that ONNX Runtime writes its measurements to. */
export interface ProfileFolder {
  /** For ONNX Runtime's option `profileFilePrefix`; it appends the time and `.json`. */
  readonly prefix: string;
  /** Reads the file, after the end of the measurement, and deletes the folder. */
  read(): Promise<readonly OperatorTime[]>;
  /** Deletes the folder; may be called again. */
  remove(): Promise<void>;
}

const kernelSuffix = '_kernel_time';

/** Makes a folder for one session's measurements below the system's folder for temporary files. */
export async function profileFolder(): Promise<ProfileFolder> {
  const folder = await mkdtemp(path.join(tmpdir(), 'atrous-profile-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  return {
    prefix: path.join(folder, 'session'),
    remove,
    async read() {
      try {
        const [file] = await readdir(folder);
        if (file === undefined) {
          throw new DeviceError({
            place: 'session profile',
            problem: 'ONNX Runtime wrote no measurements',
            expected: `a file in ${folder}`,
          });
        }
        return parseProfile(await readFile(path.join(folder, file), 'utf8'));
      } finally {
        await remove();
      }
    },
  };
}

/**
 * Sums the times of each node in a profile of ONNX Runtime (Chrome's trace format), longest first.
 *
 * @throws FormatError where the text is no such profile.
 */
export function parseProfile(text: string): readonly OperatorTime[] {
  const times = new Map<string, OperatorTime>();
  for (const event of parseEvents(text)) {
    if (!isRecord(event) || event['cat'] !== 'Node') continue;
    const { name: label, dur: duration, args } = event;
    if (typeof label !== 'string' || !label.endsWith(kernelSuffix)) continue;
    if (typeof duration !== 'number' || !isRecord(args)) continue;
    const name = label.slice(0, -kernelSuffix.length);
    const before = times.get(name);
    times.set(name, {
      operator: String(args['op_name']),
      name,
      microseconds: (before?.microseconds ?? 0) + duration,
      count: (before?.count ?? 0) + 1,
    });
  }
  return [...times.values()].sort((a, b) => b.microseconds - a.microseconds);
}

function parseEvents(text: string): readonly unknown[] {
  let cause: unknown;
  try {
    const events: unknown = JSON.parse(text);
    if (Array.isArray(events)) return events;
  } catch (error) {
    cause = error;
  }
  throw new FormatError({
    place: 'session profile',
    problem: 'it cannot be read',
    expected: 'a JSON list of events',
    cause,
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
