import {
  type AtrousError,
  DeviceError,
  FormatError,
  messageOf,
  UnsupportedError,
} from '../../core/errors.js';
import type { Device } from '../session.js';
import { startError } from './devices.js';

const memory = /bad_alloc|failed to allocate|out of memory/i;
const unsupported =
  /not find an implementation|not a registered|no op registered|no opset import|NOT_IMPLEMENTED|unsupported model ir version|current official support/i;
const deviceTrouble = /shared library|provider|adapter|driver|device/i;

/** Sorts what ONNX Runtime says of a failed opening by what can be done about it. */
export function openError(device: Device, cause: unknown): AtrousError {
  const message = ortMessage(cause);
  const place = 'ONNX model';
  if (memory.test(message)) return memoryError(device, message, cause);
  if (unsupported.test(message)) {
    return new UnsupportedError({
      place,
      problem: `this ONNX Runtime cannot run it on ${device}: ${message}`,
      fix: 'export it with standard operators and an older operator set',
      cause,
    });
  }
  if (device !== 'cpu' && deviceTrouble.test(message)) return startError(device, message, cause);
  return new FormatError({
    place,
    problem: `ONNX Runtime cannot load it: ${message}`,
    fix: 'export or copy the model again',
    cause,
  });
}

/** The error of a run that ONNX Runtime broke off. */
export function runError(device: Device, cause: unknown): AtrousError {
  const message = ortMessage(cause);
  if (memory.test(message)) return memoryError(device, message, cause);
  return new DeviceError({
    place: `session on ${device}`,
    problem: `the run failed: ${message}`,
    cause,
  });
}

/** ONNX Runtime's message without the C++ file, function and condition that it begins with. */
function ortMessage(cause: unknown): string {
  return messageOf(cause).replace(
    /^\S+\.(?:cc|h):\d+ .*?\)(?:::<lambda\(.*?\)>)? (?:.*? was false\. )?/,
    '',
  );
}

function memoryError(device: Device, message: string, cause: unknown): DeviceError {
  return new DeviceError({
    place: `device ${device}`,
    problem: `its memory does not suffice: ${message}`,
    fix: 'use a smaller model, input or batch',
    cause,
  });
}
