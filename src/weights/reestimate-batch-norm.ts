import { lower } from '../convert/lowering/lower.js';
import { graphToOnnx } from '../convert/onnx/graph-to-onnx.js';
import { OptionError } from '../core/errors.js';
import { formatShape, sameShape, type TensorOf } from '../core/tensor.js';
import { writeOnnx } from '../formats/onnx/index.js';
import type { Weights } from '../models/parameters.js';
import type { Runtime, Session, SessionOptions } from '../runtime/index.js';
import { type MeasuredNetwork, type MomentGraph, MomentSums, momentGraph } from './moments.js';

/** Weights with statistics of their own. */
export interface Reestimated {
  readonly weights: Weights;
  /** Images that they were measured on. */
  readonly images: number;
}

/**
 * Measures anew what batch norm normalises by, over batches of images, and rebuilds gamma and beta
 * so that the network computes in evaluation mode what it did before.
 *
 * For weights whose batch norm was folded away and rebuilt: its mean 0 and variance 1 are not those
 * of the activations, so that a network with it would fall apart at the first step of a training by
 * batch statistics. One pass measures all layers, for none changes what the next one sees. Images
 * count alike whatever their batch's size; variances are those of the images measured, without the
 * correction for samples.
 *
 * @param batches uint8 [N, H, W, 3] each.
 * @throws OptionError for a batch of another shape and for none at all.
 */
export async function reestimateBatchNorm(
  network: MeasuredNetwork,
  batches: Iterable<TensorOf<'uint8'>> | AsyncIterable<TensorOf<'uint8'>>,
  runtime: Runtime,
  options: SessionOptions = {},
): Promise<Reestimated> {
  const sums = new MomentSums();
  let gauge: Gauge | undefined;
  try {
    for await (const batch of batches) {
      checkBatch(batch);
      if (gauge === undefined || !sameShape(gauge.shape, batch.shape)) {
        await gauge?.session.dispose();
        gauge = await openGauge(network, batch.shape, runtime, options);
      }
      const outputs = await gauge.session.run({ image: batch });
      sums.add(gauge.moments, outputs, batch.shape[0] ?? 0);
    }
  } finally {
    await gauge?.session.dispose();
  }
  if (gauge === undefined) {
    throw new OptionError({
      place: 're-estimation of batch norm',
      problem: 'there are no images to measure it on',
    });
  }
  return { weights: sums.renormalise(gauge.moments, network.weights), images: sums.images };
}

/** The moment graph at one shape of batches, ready to run. */
interface Gauge {
  readonly shape: readonly number[];
  readonly moments: MomentGraph;
  readonly session: Session;
}

async function openGauge(
  network: MeasuredNetwork,
  shape: readonly number[],
  runtime: Runtime,
  options: SessionOptions,
): Promise<Gauge> {
  const moments = momentGraph(network, shape);
  const lowered = await lower(moments.graph, runtime, options);
  return { shape, moments, session: await runtime.open(writeOnnx(graphToOnnx(lowered)), options) };
}

function checkBatch({ shape }: TensorOf<'uint8'>): void {
  if (shape.length === 4 && shape[3] === 3 && shape.every((size) => size > 0)) return;
  throw new OptionError({
    place: 're-estimation of batch norm',
    problem: 'not a batch of images',
    expected: 'uint8 [N, H, W, 3]',
    found: formatShape(shape),
  });
}
