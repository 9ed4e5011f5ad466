import type { Node } from '../../graph/graph.js';
import type { OperatorName } from '../../graph/operators.js';
import { differentiable, type GradientCall, type GradientEntries } from '../gradient-rule.js';

/** Sum over batch and image, one number per channel: the gradient of a bias. */
function sumOverImages(call: GradientCall): ReturnType<GradientCall['sum']> {
  return call.sum(call.gradient, [0, 2, 3], 0);
}

/**
 * What a transposed convolution must add at the end of each axis to give back the input's size:
 * the rows that the strided window never reached.
 */
function unreached({ inputs, outputs, attributes }: Node<'Conv'>): readonly number[] {
  const from = inputs[0]?.shape.slice(2) ?? [];
  const to = outputs[0]?.shape.slice(2) ?? [];
  const kernel = inputs[1]?.shape.slice(2) ?? [];
  return [0, 1].map((axis) => {
    const stride = attributes.strides[axis] ?? 1;
    const extent = ((kernel[axis] ?? 1) - 1) * (attributes.dilations[axis] ?? 1) + 1;
    const cropped = (attributes.pads[axis] ?? 0) + (attributes.pads[axis + 2] ?? 0);
    return (from[axis] ?? 0) - (((to[axis] ?? 1) - 1) * stride + extent - cropped);
  });
}

/** Convolutions: dx is the transposed convolution of dy, dw a correlation of x with dy. */
export const convolutionEntries = {
  Conv: differentiable((call) => {
    const { strides, dilations, pads, group } = call.node.attributes;
    const shared = { strides, dilations, pads, group };
    const [, , ...kernel] = call.input(1).shape;
    return [
      call.wants(0)
        ? call.add('ConvTranspose', [call.gradient, call.input(1)], {
            ...shared,
            output_padding: unreached(call.node),
          })
        : undefined,
      call.wants(1)
        ? call.add('ConvWeightGradient', [call.input(0), call.gradient], {
            ...shared,
            kernel_shape: kernel,
          })
        : undefined,
      call.wants(2) ? sumOverImages(call) : undefined,
    ];
  }),
  // x and dy change places: a transposed convolution is the gradient of a convolution.
  ConvTranspose: differentiable((call) => {
    const { strides, dilations, pads, group } = call.node.attributes;
    const shared = { strides, dilations, pads, group };
    const [, , ...kernel] = call.input(1).shape;
    return [
      call.wants(0) ? call.add('Conv', [call.gradient, call.input(1)], shared) : undefined,
      call.wants(1)
        ? call.add('ConvWeightGradient', [call.gradient, call.input(0)], {
            ...shared,
            kernel_shape: kernel,
          })
        : undefined,
      call.wants(2) ? sumOverImages(call) : undefined,
    ];
  }),
} as const satisfies Partial<GradientEntries<OperatorName>>;
