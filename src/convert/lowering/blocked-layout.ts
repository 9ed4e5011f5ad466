import { UnsupportedError } from '../../core/errors.js';
import { writeOnnx } from '../../formats/onnx/index.js';
import { GraphBuilder } from '../../graph/builder.js';
import type { Runtime, Session } from '../../runtime/index.js';
import { graphToOnnx } from '../onnx/graph-to-onnx.js';

/** More channels than any processor's block holds. */
const channels = 64;
const pixels = 2;

/**
 * Channels in a block of the CPU provider's blocked layout (NCHWc): 8 with AVX2, 16 with AVX-512.
 *
 * Probed with a small reordering. `undefined` where the build has no such layout.
 *
 * @throws as `Runtime.open` and `Session.run`, but for an operator that is unknown.
 */
export async function blockedLayoutWidth(runtime: Runtime): Promise<number | undefined> {
  const builder = new GraphBuilder();
  const image = builder.input('image', 'float32', [1, channels, 1, pixels]);
  const value = builder.add('ReorderInput', [image], {});
  const model = writeOnnx(graphToOnnx(builder.build([{ name: 'blocked', value }])));
  const session = await openWhereKnown(runtime, model);
  if (session === undefined) return undefined;
  try {
    const data = Float32Array.from({ length: channels * pixels }, (_, at) => at);
    const { blocked } = await session.run({
      image: { dtype: 'float32', shape: image.shape, data },
    });
    // The second pixel of channel 0, number 1, stands right after the first pixel's block.
    const width = blocked?.data instanceof Float32Array ? blocked.data.indexOf(1) : -1;
    return width === 8 || width === 16 ? width : undefined;
  } finally {
    await session.dispose();
  }
}

/** A session of the probe, or `undefined` where its operator does not exist. */
async function openWhereKnown(runtime: Runtime, model: Uint8Array): Promise<Session | undefined> {
  try {
    return await runtime.open(model, { device: 'cpu', threads: 1 });
  } catch (error) {
    // Any other failure says nothing of the layout, and would be taken for an answer ever after.
    if (error instanceof UnsupportedError) return undefined;
    throw error;
  }
}
