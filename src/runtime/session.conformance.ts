import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  DeviceError,
  FormatError,
  messageOf,
  OptionError,
  UnsupportedError,
} from '../core/errors.js';
import { seededRandom } from '../core/random.js';
import { float32, int64, tensor, zeros } from '../core/tensor.js';
import { intsAttribute, writeOnnx } from '../formats/onnx/index.js';
import { dtypes, model, node, randomTensor, value } from '../formats/onnx/model.fixture.js';
import type { NamedTensors, Runtime, Session } from './session.js';

/** y = relu(x) and z = x + x, for x of any height and width. */
const reluAndDouble = writeOnnx(
  model({
    nodes: [node('Relu', ['x'], ['y']), node('Add', ['x', 'x'], ['z'])],
    inputs: [value('x', 'float32', ['rows', 3])],
    outputs: [value('y', 'float32', ['rows', 3]), value('z', 'float32', ['rows', 3])],
  }),
);

/** Gives back its input x in the shape that the input s asks for: fails where it does not fit. */
const reshape = writeOnnx(
  model({
    nodes: [node('Reshape', ['x', 's'], ['y'])],
    inputs: [value('x', 'float32', ['?']), value('s', 'int64', ['?'])],
    outputs: [value('y', 'float32', ['?', '?'])],
  }),
);

/** Gives back one input of each element type. */
const identities = writeOnnx(
  model({
    nodes: dtypes.map((dtype) => node('Identity', [`x_${dtype}`], [`y_${dtype}`])),
    inputs: dtypes.map((dtype) => value(`x_${dtype}`, dtype, ['?', '?'])),
    outputs: dtypes.map((dtype) => value(`y_${dtype}`, dtype, ['?', '?'])),
  }),
);

/** What every runtime owes its callers; `runtime` is asked once, before the tests. */
export function sessionConformance(name: string, open: () => Runtime | Promise<Runtime>): void {
  describe(`sessions of ${name}`, () => {
    let runtime: Runtime;
    let session: Session;
    const x = float32([2, 3], [-1, 2, -3, 4, -5, 6]);

    beforeAll(async () => {
      runtime = await open();
      session = await runtime.open(reluAndDouble, { threads: 1 });
    });
    afterAll(() => session?.dispose());

    it('tell their device and the types of their inputs and outputs', () => {
      expect(runtime.devices()).toContain(session.device);
      expect(session.inputs).toEqual([{ name: 'x', dtype: 'float32', shape: ['rows', 3] }]);
      expect(session.outputs.map((output) => output.name)).toEqual(['y', 'z']);
    });

    it('compute all outputs, or those that are asked for', async () => {
      const y = float32([2, 3], [0, 2, 0, 4, 0, 6]);
      const z = float32([2, 3], [-2, 4, -6, 8, -10, 12]);
      expect(await session.run({ x })).toEqual({ y, z });
      expect(await session.run({ x }, ['z'])).toEqual({ z });
    });

    it('take sizes that each run chooses, none included', async () => {
      for (const rows of [1, 5, 0, 2]) {
        const { y } = await session.run({ x: zeros('float32', [rows, 3]) });
        expect(y).toEqual(zeros('float32', [rows, 3]));
      }
    });

    it('carry every element type in and out', async () => {
      const random = seededRandom(1);
      const each = await runtime.open(identities);
      const tensors = dtypes.map((dtype) => randomTensor(dtype, [2, 3], random));
      const named = (prefix: string): NamedTensors =>
        Object.fromEntries(tensors.map((one) => [`${prefix}_${one.dtype}`, one]));
      expect(await each.run(named('x'))).toEqual(named('y'));
      await each.dispose();
    });

    it('leave the feeds as they were, views of larger arrays too', async () => {
      const large = Float32Array.of(9, 9, -1, 2, 3, 9);
      const view = tensor('float32', [1, 3], large.subarray(2, 5));
      const { y } = await session.run({ x: view });
      expect(y?.data).toEqual(Float32Array.of(0, 2, 3));
      expect(large).toEqual(Float32Array.of(9, 9, -1, 2, 3, 9));
      expect(view.data).toHaveLength(3);
    });

    it('take feeds in shared memory', async () => {
      const shared = new Float32Array(new SharedArrayBuffer(12));
      shared.set([1, -2, 3]);
      const { y } = await session.run({ x: tensor('float32', [1, 3], shared) });
      expect(y?.data).toEqual(Float32Array.of(1, 0, 3));
    });

    it('may take the memory of feeds that are given away', async () => {
      const given = float32([1, 3], [1, -2, 3]);
      const { y } = await session.run({ x: given }, ['y'], { transfer: ['x'] });
      expect(y?.data).toEqual(Float32Array.of(1, 0, 3));
    });

    it('write outputs into given tensors', async () => {
      const target = zeros('float32', [2, 3]);
      const { y, z } = await session.run({ x }, ['y', 'z'], { into: { y: target } });
      expect(y).toBe(target);
      expect(target.data).toEqual(Float32Array.of(0, 2, 0, 4, 0, 6));
      expect(z?.data[5]).toBe(12);
    });

    it('give each of many runs at once its own results', async () => {
      const runs = Array.from({ length: 20 }, (_, i) =>
        session.run({ x: float32([1, 3], [i, -i, i]) }, ['z']),
      );
      const results = await Promise.all(runs);
      results.forEach(({ z }, i) => {
        expect(Array.from(z?.data ?? [], Number)).toEqual([2 * i, -2 * i, 2 * i]);
      });
    });

    it.each<[string, NamedTensors, RegExp]>([
      ['no feed', {}, /^input "x": it is missing.*expected float32\[rows, 3\], found none/],
      [
        'another element type',
        { x: zeros('uint8', [2, 3]) },
        /^input "x".*expected float32\[rows, 3\], found uint8\[2, 3\]/,
      ],
      ['another size', { x: zeros('float32', [2, 4]) }, /^input "x".*found float32\[2, 4\]/],
      ['fewer axes', { x: zeros('float32', [3]) }, /^input "x".*found float32\[3\]/],
      [
        'too few elements',
        { x: { dtype: 'float32', shape: [2, 3], data: new Float32Array(5) } },
        /^input "x".*expected 6 elements, found 5/,
      ],
      ['an unknown name', { x, w: x }, /^input "w": the model has no such input \(expected "x"\)/],
    ])('refuse %s with what was expected and found', async (_, feeds, message) => {
      const error = await failure(session.run(feeds));
      expect(error).toBeInstanceOf(OptionError);
      expect(error.message).toMatch(message);
    });

    it('refuse unknown outputs and targets that do not fit', async () => {
      const unknown = await failure(session.run({ x }, ['w']));
      expect(unknown).toBeInstanceOf(OptionError);
      expect(unknown.message).toMatch(/^output "w".*expected "y", "z"/);
      const target = zeros('float32', [2, 2]);
      const wrong = await failure(session.run({ x }, ['y'], { into: { y: target } }));
      expect(wrong.message).toMatch(/^output "y".*found float32\[2, 2\]/);
    });

    it('survive a run that fails, and say why in one line', async () => {
      const fragile = await runtime.open(reshape);
      const run = (shape: readonly number[]) =>
        fragile.run({ x: zeros('float32', [6]), s: int64(shape) });
      const error = await failure(run([4, 4]));
      expect(error).toBeInstanceOf(DeviceError);
      expect(error.message).toMatch(/^session on \w+: the run failed: [^\n]*Reshape[^\n]*$/);
      expect((await run([2, 3]))['y']?.shape).toEqual([2, 3]);
      await fragile.dispose();
    });

    it('end with dispose: runs under way finish, later ones are refused', async () => {
      const short = await runtime.open(reluAndDouble);
      const before = short.run({ x }, ['y']);
      const disposed = short.dispose();
      const after = failure(short.run({ x }));
      expect((await before)['y']?.data[1]).toBe(2);
      await disposed;
      await short.dispose();
      for (const error of [await after, await failure(short.run({ x }))]) {
        expect(error).toBeInstanceOf(OptionError);
        expect(error.message).toMatch(/^session: it has been disposed/);
      }
    });

    it('tell where the time went, if they were asked to measure', async () => {
      expect((await failure(session.profile())).message).toMatch(/option profile/);
      const measured = await runtime.open(reluAndDouble, { profile: true });
      for (let i = 0; i < 3; i++) await measured.run({ x });
      const times = await measured.profile();
      expect(times.map(({ operator, count }) => [operator, count]).sort()).toEqual([
        ['Add', 3],
        ['Relu', 3],
      ]);
      expect(times.every(({ microseconds }) => microseconds >= 0)).toBe(true);
      expect((await measured.run({ x }))['y']?.shape).toEqual([2, 3]);
      expect(await measured.profile()).toEqual(times);
      await measured.dispose();
    });
  });

  describe(`opening a model in ${name}`, () => {
    let runtime: Runtime;
    beforeAll(async () => {
      runtime = await open();
    });

    it('keeps nothing of the bytes it was given', async () => {
      const bytes = reluAndDouble.slice();
      const session = await runtime.open(bytes);
      bytes.fill(0);
      const { y } = await session.run({ x: float32([1, 3], [1, -1, 0]) });
      expect(y?.data).toEqual(Float32Array.of(1, 0, 0));
      await session.dispose();
    });

    it.each([1, 2, 0])('takes %i threads', async (threads) => {
      const session = await runtime.open(reluAndDouble, { threads, optimization: 'basic' });
      const { z } = await session.run({ x: float32([1, 3], [1, 2, 3]) });
      expect(z?.data).toEqual(Float32Array.of(2, 4, 6));
      await session.dispose();
    });

    it.each(['kept', 'freed'] as const)('runs again with its memory %s', async (workingMemory) => {
      const session = await runtime.open(reluAndDouble, { workingMemory });
      for (const value of [1, 2, 3]) {
        const { z } = await session.run({ x: float32([1, 3], [value, 0, -1]) });
        expect(z?.data).toEqual(Float32Array.of(2 * value, 0, -2));
      }
      await session.dispose();
    });

    it.each<[string, Uint8Array]>([
      ['nothing', new Uint8Array(0)],
      ['a text', new TextEncoder().encode('<html>no model</html>')],
      ['half a model', reluAndDouble.subarray(0, reluAndDouble.length / 2)],
      ['a model whose parts do not fit together', unsoundModel()],
    ])('refuses %s as no model, in one line', async (_, bytes) => {
      const error = await failure(runtime.open(bytes));
      expect(error).toBeInstanceOf(FormatError);
      expect(error.message).toMatch(/^ONNX model: ONNX Runtime cannot load it: [^\n]+$/);
    });

    it('names the operator that it does not know', async () => {
      const unknown = model({
        nodes: [node('Frobnicate', ['x'], ['y'])],
        inputs: [value('x', 'float32', [1])],
        outputs: [value('y', 'float32', [1])],
      });
      const error = await failure(runtime.open(writeOnnx(unknown)));
      expect(error).toBeInstanceOf(UnsupportedError);
      expect(error.message).toMatch(/Frobnicate/);
    });

    it('refuses wrong options', async () => {
      for (const threads of [-1, 1.5, Number.NaN, 1e6]) {
        const error = await failure(runtime.open(reluAndDouble, { threads }));
        expect(error).toBeInstanceOf(OptionError);
        expect(error.message).toMatch(/threads/);
      }
      const workingMemory = 'lost' as 'freed';
      const error = await failure(runtime.open(reluAndDouble, { workingMemory }));
      expect(error).toBeInstanceOf(OptionError);
      expect(error.message).toMatch(/workingMemory: .*expected kept, freed, found lost/);
    });

    it('names the devices there are where it lacks one', async () => {
      const absent = (['dml', 'coreml', 'cuda', 'wasm'] as const).find(
        (device) => !runtime.devices().includes(device),
      );
      if (absent === undefined) throw new Error('no machine has all of these devices');
      const error = await failure(runtime.open(reluAndDouble, { device: absent }));
      expect(error).toBeInstanceOf(DeviceError);
      expect(error.message).toMatch(new RegExp(`^device ${absent}: .*expected one of cpu.*; `));
    });
  });
}

/** What a promise fails with. */
export async function failure(promise: Promise<unknown>): Promise<Error> {
  const outcome: unknown = await promise.then(
    () => new Error('it did not fail'),
    (error: unknown) => error,
  );
  return outcome instanceof Error ? outcome : new Error(messageOf(outcome));
}

function unsoundModel(): Uint8Array {
  return writeOnnx(
    model({
      nodes: [node('Transpose', ['missing'], ['y'], { perm: intsAttribute([0, 0]) })],
      outputs: [value('y', 'float32', [1, 1])],
    }),
  );
}
