import { type Shape, toNumbers } from '../../core/tensor.js';
import {
  type Graph,
  type GraphOutput,
  type Node,
  producersOf,
  type Value,
} from '../../graph/graph.js';

/** How positions of a resized plane map to the plane before it; see `CornerConvention`. */
export type ResizeConvention = 'align-corners' | 'half-pixel' | 'asymmetric';

/** Where in a graph its answer stands, before the steps that need not run on every pixel. */
export type OutputPlace =
  | {
      readonly kind: 'scores';
      /** Rank 4; where its classes are is told by `channels`. */
      readonly value: Value;
      /** `first`: [1, C, h, w]; `last`: [1, h, w, C]. */
      readonly channels: 'first' | 'last';
      /** `odds` are independent sigmoids, `probabilities` sum to 1 over the classes. */
      readonly meaning: 'logits' | 'odds' | 'probabilities';
      /** The final resize that was left out, or `undefined` where there is none. */
      readonly convention: ResizeConvention | undefined;
    }
  | {
      readonly kind: 'labels';
      /** Class indices, [1, H, W] or with an axis of size 1 more. */
      readonly value: Value;
    };

/** The axis of a rank-4 tensor along which classes are counted. */
type ClassAxis = 1 | 3;

/**
 * Follows a segmentation graph back from its output to the scores from which the label map can be
 * told exactly: past argmax, softmax and sigmoid, rounding to 8 bits, and one final bilinear resize.
 *
 * Of several outputs the first of rank 3 or 4 counts, so auxiliary heads are left out.
 */
export function findSegmentationOutput(graph: Graph): OutputPlace | undefined {
  const producers = producersOf(graph);
  const output = graph.outputs.find(({ value }) => isImageLike(value));
  if (output === undefined) return undefined;
  const image = graph.inputs[0]?.shape ?? [];
  const { value, axis, labelled } = passArgMax(output, image, producers);
  if (axis === undefined) return labelled ? { kind: 'labels', value: output.value } : undefined;
  return { kind: 'scores', ...trace(value, axis, producers) };
}

/** One per image, of several pixels: [1, classes, 1, 1] is the answer of a classifier. */
function isImageLike({ shape }: Value): boolean {
  const extended = shape.filter((size) => size > 1).length;
  return (shape.length === 3 || shape.length === 4) && shape[0] === 1 && extended >= 2;
}

interface Start {
  readonly value: Value;
  /** `undefined` where the output's classes are not along an axis of their own. */
  readonly axis: ClassAxis | undefined;
  /** Whether the output holds class indices already. */
  readonly labelled: boolean;
}

/** Steps over what turns scores into class indices, if the graph does that. */
function passArgMax(
  { value: output }: GraphOutput,
  image: Shape,
  producers: ReadonlyMap<Value, Node>,
): Start {
  let value = output;
  for (;;) {
    const node = producers.get(value);
    const [input] = node?.inputs ?? [];
    if (node === undefined || input === undefined) break;
    if (node.op === 'ArgMax') {
      const { axis } = node.attributes;
      const own = axis < 0 ? axis + input.shape.length : axis;
      const known = input.shape.length === 4 && (own === 1 || own === 3);
      return { value: known ? input : output, axis: known ? own : undefined, labelled: true };
    }
    if (!['Cast', 'Identity', 'Squeeze', 'Unsqueeze', 'Reshape'].includes(node.op)) break;
    value = input;
  }
  const whole = output.dtype.startsWith('int') || output.dtype === 'uint8';
  if (whole || output.shape.length !== 4)
    return { value: output, axis: undefined, labelled: whole };
  return { value: output, axis: classAxis(output, image), labelled: false };
}

/**
 * The axis beside those that are as long as the image's sides. Where that does not tell, classes are
 * fewer than pixels along a side; where that does not either, channels come first.
 */
function classAxis({ shape }: Value, image: Shape): ClassAxis {
  const [, first = 0, middle = 0, last = 0] = shape;
  const [height, width] = image[3] === 3 && image[1] !== 3 ? image.slice(1) : image.slice(2);
  const isFirst = middle === height && last === width;
  const isLast = first === height && middle === width;
  if (isFirst !== isLast) return isFirst ? 1 : 3;
  return last < first && last < middle ? 3 : 1;
}

type Traced = Omit<Extract<OutputPlace, { kind: 'scores' }>, 'kind'>;

function trace(start: Value, startAxis: ClassAxis, producers: ReadonlyMap<Value, Node>): Traced {
  let value = start;
  let axis = startAxis;
  const meaning: Traced['meaning'] = 'logits';
  let convention: ResizeConvention | undefined;
  for (;;) {
    const node = producers.get(value);
    const [input] = node?.inputs ?? [];
    if (node === undefined || input === undefined) break;
    if (node.op === 'Transpose') {
      const moved = node.attributes.perm[axis];
      if (moved !== 1 && moved !== 3) break;
      axis = moved;
    } else if (node.op === 'Softmax' || node.op === 'Sigmoid') {
      // Interpolated probabilities are not the probabilities of interpolated logits.
      const squashed = node.op === 'Softmax' ? 'probabilities' : 'odds';
      if (convention !== undefined || (node.op === 'Sigmoid' && value.shape[axis] !== 1)) {
        return { value, channels: channelsOf(axis), meaning: squashed, convention };
      }
    } else if (node.op === 'Resize') {
      const found = convention === undefined ? plainResize(node, axis) : undefined;
      if (found === undefined) break;
      convention = found;
    } else if (node.op === 'DequantizeLinear') {
      const rounded = producers.get(input);
      const before = rounded?.op === 'QuantizeLinear' ? rounded.inputs[0] : undefined;
      if (before === undefined) break;
      value = before;
      continue;
    } else if (node.op !== 'Identity' && node.op !== 'QuantizeLinear') {
      break;
    }
    value = input;
  }
  return { value, channels: channelsOf(axis), meaning, convention };
}

function channelsOf(axis: ClassAxis): 'first' | 'last' {
  return axis === 1 ? 'first' : 'last';
}

const conventions: { readonly [onnx: string]: ResizeConvention } = {
  align_corners: 'align-corners',
  half_pixel: 'half-pixel',
  pytorch_half_pixel: 'half-pixel',
  asymmetric: 'asymmetric',
};

/** The convention of a bilinear resize of the image axes alone, to at least 2 x 2 pixels. */
function plainResize(node: Node<'Resize'>, axis: ClassAxis): ResizeConvention | undefined {
  const from = node.inputs[0]?.shape ?? [];
  const to = node.outputs[0]?.shape ?? [];
  const scales = node.inputs[2]?.constant;
  const size = to.filter((_, own) => own !== 0 && own !== axis);
  const onlyImage = from[0] === to[0] && from[axis] === to[axis];
  if (node.attributes.mode !== 'linear' || !onlyImage || size.some((side) => side < 2))
    return undefined;
  // A scale that does not fit the sizes exactly shifts the positions a little.
  const exact =
    scales === undefined ||
    toNumbers(scales).every((scale, own) => scale === (to[own] ?? 0) / (from[own] ?? 1));
  return exact ? conventions[node.attributes.coordinate_transformation_mode] : undefined;
}
