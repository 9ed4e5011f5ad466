import { lower } from '../../convert/lowering/lower.js';
import { graphToOnnx } from '../../convert/onnx/graph-to-onnx.js';
import { type Tensor, type TensorOf, tensor } from '../../core/tensor.js';
import type { BatchStream } from '../../data/node/index.js';
import { writeOnnx } from '../../formats/onnx/index.js';
import type { Weights } from '../../models/parameters.js';
import type { Runtime, SessionOptions } from '../../runtime/index.js';
import { MomentSums, momentGraph } from '../../weights/moments.js';
import type { StepSettings } from '../training-graph.js';

/**
 * Weights that compute the same, with batch norm's statistics measured on some batches: what
 * weights with folded batch norm need before batch norm is trained.
 */
export async function measureStatistics(
  weights: Weights,
  settings: StepSettings,
  batches: BatchStream,
  count: number,
  { runtime, session: options }: { readonly runtime: Runtime; readonly session: SessionOptions },
): Promise<Weights> {
  const moments = momentGraph(settings.network, settings.batch, settings);
  const lowered = await lower(moments.graph, runtime, options);
  const session = await runtime.open(writeOnnx(graphToOnnx(lowered)), options);
  try {
    const sums = new MomentSums(moments);
    for (let batch = 0; batch < count; batch++) {
      const { images } = await batches.next();
      const feeds = new Map<string, Tensor>(weights);
      feeds.set('image', normalised(images, settings.normalisation));
      const wanted = session.inputs.flatMap(({ name }): [string, Tensor][] => {
        const found = feeds.get(name);
        return found === undefined ? [] : [[name, found]];
      });
      sums.add(await session.run(Object.fromEntries(wanted)));
    }
    return sums.renormalise(weights);
  } finally {
    await session.dispose();
  }
}

/** [N, H, W, 3] pixels as normalised [N, 3, H, W]. */
function normalised(
  images: TensorOf<'uint8'> | TensorOf<'float32'>,
  { mean, std }: StepSettings['normalisation'],
): TensorOf<'float32'> & Tensor {
  const [samples = 1, height = 1, width = 1] = images.shape;
  const pixels = height * width;
  const planes = new Float32Array(samples * 3 * pixels);
  for (let sample = 0; sample < samples; sample++) {
    for (let channel = 0; channel < 3; channel++) {
      const [from, to] = [sample * pixels * 3 + channel, (sample * 3 + channel) * pixels];
      const [centre = 0, scale = 1] = [mean[channel], std[channel]];
      for (let pixel = 0; pixel < pixels; pixel++) {
        planes[to + pixel] = ((images.data[from + pixel * 3] as number) - centre) / scale;
      }
    }
  }
  return tensor('float32', [samples, 3, height, width], planes);
}
