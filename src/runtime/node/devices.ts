import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { listSupportedBackends } from 'onnxruntime-node';
import { DeviceError, OptionError } from '../../core/errors.js';
import type { Device } from '../session.js';

const cudaFix =
  'on Linux x64 with CUDA 12 and cuDNN 9, add its files with ' +
  '`ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node`';

/** How to get each device when this installation or machine lacks it. */
const remedies: Readonly<Record<Device, string>> = {
  cpu: 'install onnxruntime-node again for this platform',
  cuda: cudaFix,
  tensorrt: `${cudaFix}, and install TensorRT`,
  coreml: 'CoreML exists on macOS only',
  dml: 'DirectML exists on Windows only',
  webgpu: 'WebGPU needs a graphics processor and its driver (Vulkan on Linux)',
  webnn: 'WebNN exists in browsers only',
  wasm: 'WebAssembly serves in browsers; in Node use cpu',
};

/** The devices that this build of onnxruntime-node can try, those with missing files left out. */
export function nodeDevices(): readonly Device[] {
  return listSupportedBackends().flatMap(({ name, bundled }) =>
    isDevice(name) && (bundled || hasProviderLibrary(name)) ? [name] : [],
  );
}

/** Checks that sessions can be opened on a device. @throws DeviceError, OptionError */
export function requireDevice(device: Device): void {
  if (!isDevice(device)) {
    throw new OptionError({
      place: 'session option device',
      problem: 'unknown device',
      expected: Object.keys(remedies).join(', '),
      found: `${device}`,
    });
  }
  const available = nodeDevices();
  if (!available.includes(device)) {
    throw new DeviceError({
      place: `device ${device}`,
      problem: 'this installation of onnxruntime-node does not have it',
      expected: `one of ${available.join(', ')}`,
      fix: remedies[device],
    });
  }
}

/** The error of a device that this build has but that failed to start. */
export function startError(device: Device, message: string, cause: unknown): DeviceError {
  return new DeviceError({
    place: `device ${device}`,
    problem: `it does not start: ${message}`,
    fix: remedies[device],
    cause,
  });
}

function isDevice(name: string): name is Device {
  return Object.hasOwn(remedies, name);
}

/** Whether the files of a provider that does not come with the package lie beside its binding. */
function hasProviderLibrary(device: Device): boolean {
  const entry = createRequire(import.meta.url).resolve('onnxruntime-node');
  const binaries = path.resolve(path.dirname(entry), '..', 'bin');
  if (!existsSync(binaries)) return false;
  return readdirSync(binaries).some((version) =>
    existsSync(
      path.join(
        binaries,
        version,
        process.platform,
        process.arch,
        `libonnxruntime_providers_${device}.so`,
      ),
    ),
  );
}
