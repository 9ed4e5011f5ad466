/** Names of the inputs that differ from step to step. */
export const stepInputs = {
  /** uint8 [N, H, W, 3] */
  image: 'image',
  /** uint8 [N, H, W] */
  labels: 'labels',
  /** float32 [] */
  learningRate: 'learning_rate',
  /** float32 []: number of the step, from 1 */
  step: 'step',
  /** int64 [1]: pixels that hard-pixel mining keeps */
  keptPixels: 'kept_pixels',
} as const;

/** Name of the output with the loss, float32 []. */
export const lossOutput = 'loss';

/** Name of the output with the next value of a state tensor. */
export function nextName(name: string): string {
  return `next/${name}`;
}

/** Name of the gradient of a parameter, between the two halves of a step. */
export function gradientName(name: string): string {
  return `gradient/${name}`;
}

/** Name of the moving average of a parameter, as TensorFlow calls it. */
export function averageName(name: string): string {
  return `${name}/ExponentialMovingAverage`;
}
