import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { DeviceError } from '../../core/errors.js';
import { tensor, zeros } from '../../core/tensor.js';
import { writeOnnx } from '../../formats/onnx/index.js';
import { model, node, value } from '../../formats/onnx/model.fixture.js';
import { failure, sessionConformance } from '../session.conformance.js';
import { nodeRuntime } from './index.js';
import { openWorkerSession } from './worker-session.js';

const inThread = nodeRuntime({ worker: false });
const inWorker = nodeRuntime({ worker: true });

sessionConformance('onnxruntime-node in the calling thread', () => inThread);
sessionConformance('onnxruntime-node in worker threads', () => inWorker);

const relu = writeOnnx(
  model({
    nodes: [node('Relu', ['x'], ['y'])],
    inputs: [value('x', 'float32', ['?'])],
    outputs: [value('y', 'float32', ['?'])],
  }),
);

/** A chain of matrix products that takes some tenths of a second. */
function slowModel(): Uint8Array {
  const steps = 40;
  return writeOnnx(
    model({
      nodes: Array.from({ length: steps }, (_, i) =>
        node('MatMul', [`x${i}`, 'x0'], [`x${i + 1}`]),
      ),
      inputs: [value('x0', 'float32', ['n', 'n'])],
      outputs: [value(`x${steps}`, 'float32', ['n', 'n'])],
    }),
  );
}

describe('a worker session', () => {
  it('leaves the event loop free while it runs', async () => {
    const session = await inWorker.open(slowModel(), { threads: 1 });
    let ticks = 0;
    const timer = setInterval(() => ticks++, 5);
    await session.run({ x0: zeros('float32', [512, 512]) });
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(5);
    await session.dispose();
  });

  it('moves transferred feeds, and copies those that cannot be moved', async () => {
    const session = await inWorker.open(relu);
    const given = zeros('float32', [1000]);
    await session.run({ x: given }, undefined, { transfer: ['x'] });
    expect(given.data).toHaveLength(0);
    const again = await failure(session.run({ x: given }));
    expect(again.message).toMatch(/expected 1000 elements, found 0\); .*transferred/);

    // Small buffers of Node share one pool, which cannot be moved.
    const { buffer, byteOffset } = Buffer.from([0, 0, 128, 63]);
    const data = new Float32Array(buffer, byteOffset, 1);
    const { y } = await session.run({ x: tensor('float32', [1], data) }, undefined, {
      transfer: ['x'],
    });
    expect(y?.data).toEqual(Float32Array.of(1));
    expect(data).toHaveLength(1);
    await session.dispose();
  });

  it('fails all runs when its worker dies, and every later one', async () => {
    const mortal = `
      import { parentPort } from 'node:worker_threads';
      const type = { name: 'x', dtype: 'float32', shape: ['?'] };
      parentPort.on('message', ({ id, kind }) => {
        if (kind !== 'open') throw new Error('out of luck');
        parentPort.postMessage({ id, answer: { inputs: [type], outputs: [type] } });
      });`;
    const script = new URL(`data:text/javascript,${encodeURIComponent(mortal)}`);
    const session = await openWorkerSession(relu, {}, script);
    const x = zeros('float32', [1]);
    const runs = [session.run({ x }), session.run({ x })].map(failure);
    for (const error of await Promise.all(runs)) {
      expect(error).toBeInstanceOf(DeviceError);
      expect(error.message).toMatch(/^session worker: the worker thread has ended: out of luck; /);
    }
    expect(await failure(session.run({ x }))).toBeInstanceOf(DeviceError);
    await session.dispose();
  });
});

describe('a process with sessions', () => {
  const run = promisify(execFile);
  const runtimeModule = new URL('./index.js', import.meta.url).href;
  const script = (worker: boolean, body: string, bytes = relu) => `
    import { nodeRuntime } from ${JSON.stringify(runtimeModule)};
    const session = await nodeRuntime({ worker: ${worker} }).open(
      Buffer.from('${Buffer.from(bytes).toString('base64')}', 'base64'));
    const x = { dtype: 'float32', shape: [1], data: Float32Array.of(3) };
    ${body}`;
  const runNode = (source: string) =>
    run(process.execPath, ['--input-type=module', '-e', source], { timeout: 20_000 });

  it.each([false, true])(
    'ends by itself, quietly, with an idle one (worker: %s)',
    async (worker) => {
      const body = `
      const { y } = await session.run({ x });
      await session.run({ x: { ...x, shape: [1, 1] } }).catch(() => {});
      console.log(y.data[0]);`;
      expect(await runNode(script(worker, body))).toEqual({ stdout: '3\n', stderr: '' });
    },
  );

  it.each([false, true])('waits for a run and for dispose (worker: %s)', async (worker) => {
    const waits = `session.run({ x }).then(({ y }) => console.log(y.data[0]))
      .then(() => session.dispose()).then(() => console.log('freed'));`;
    expect(await runNode(script(worker, waits))).toEqual({ stdout: '3\nfreed\n', stderr: '' });
    const awaits = `await session.dispose(); console.log('freed');`;
    expect(await runNode(script(worker, awaits))).toEqual({ stdout: 'freed\n', stderr: '' });
  });

  it('may exit in the middle of a run', async () => {
    const body = `
      const data = new Float32Array(512 * 512);
      for (let i = 0; i < 3; i++) session.run({ x0: { dtype: 'float32', shape: [512, 512], data } });
      setTimeout(() => process.exit(), 20);`;
    expect(await runNode(script(true, body, slowModel()))).toEqual({ stdout: '', stderr: '' });
  });
});

describe('a session that measures', () => {
  it('leaves no files, read or not', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'atrous-own-temporary-'));
    vi.stubEnv('TMPDIR', folder);
    onTestFinished(() => {
      vi.unstubAllEnvs();
      rmSync(folder, { recursive: true, force: true });
    });
    for (const runtime of [inThread, inWorker]) {
      const unread = await runtime.open(relu, { profile: true });
      await unread.run({ x: zeros('float32', [1]) });
      await unread.dispose();
      const read = await runtime.open(relu, { profile: true });
      await read.profile();
      await read.dispose();
      await failure(runtime.open(relu.subarray(9), { profile: true }));
    }
    expect(readdirSync(folder)).toEqual([]);
  });
});
