import { elementCount, type Shape, sameShape, toNumbers } from '../../../core/tensor.js';
import type { Node, Value } from '../../../graph/graph.js';
import type { OperatorName } from '../../../graph/operators.js';
import { affineMap, clampPlain, type Form, type Image } from './image.js';
import type { CpuLowering, LoweringRule, LoweringRules } from './lowering.js';

/** So steep that a clamped line is a step: 1 for every normal positive number. */
const steep = 1e38;

/** Elements from which on an image is larger than what processors have of fast memory. */
const beyondCaches = 2 ** 21;

function isImage(shape: Shape): boolean {
  return shape.length === 4;
}

/** How an operand broadcasts over images of a shape. */
type Operand =
  | { readonly kind: 'image' }
  | { readonly kind: 'scalar' }
  | { readonly kind: 'per-channel' }
  | { readonly kind: 'per-image-channel' }
  | { readonly kind: 'other' };

function operandKind(shape: Shape, whole: Shape): Operand['kind'] {
  if (sameShape(shape, whole)) return 'image';
  if (shape.every((size) => size === 1)) return 'scalar';
  const [batch, channels, height, width] = [1, 1, 1, 1, ...shape].slice(-4);
  if (height !== 1 || width !== 1 || channels !== whole[1]) return 'other';
  return batch === 1 ? 'per-channel' : 'per-image-channel';
}

type Arithmetic = 'Add' | 'Sub' | 'Mul' | 'Div';

/** An operator that works element by element on images of one shape, in whatever form they have. */
function elementwise(op: Arithmetic): LoweringRule<Arithmetic> {
  return (lowering, node) => {
    const whole = node.outputs[0]?.shape ?? [];
    if (!isImage(whole)) return false;
    const kinds = node.inputs.map((input) => operandKind(input?.shape ?? [], whole));
    if (kinds.includes('other') || kinds.includes('per-image-channel')) return false;
    const images = node.inputs.flatMap((input, at) =>
      kinds[at] === 'image' && input !== undefined ? [lowering.image(input)] : [],
    );
    const form = sharedForm(images);
    const vectors = kinds.includes('per-channel');
    if (form === 'planes' || (form === 'blocked' && vectors)) return false;
    const output = lowering.output(node);
    const operands = node.inputs.map((input, at) => {
      const own = lowering.image(lowering.value(input, node));
      switch (kinds[at]) {
        case 'image':
          return own.get(form);
        case 'per-channel': {
          const vector = lowering.reshape(own.planes, [whole[1] ?? 1]);
          return lowering.perChannel(vector, output, 'rows');
        }
        default:
          return lowering.reshape(own.planes, []);
      }
    });
    output.define(form, lowering.add(node, op, operands, {}));
    return true;
  };
}

/** Rows where any of the images has them, else blocked where all have that. */
function sharedForm(images: readonly Image[]): Form {
  if (images.length > 0 && images.every((image) => image.has('blocked') && !image.has('rows'))) {
    return 'blocked';
  }
  return images.some((image) => image.has('rows') || !image.has('planes')) ? 'rows' : 'planes';
}

function unary<Op extends OperatorName>(): LoweringRule<Op> {
  return (lowering, node) => {
    const [input] = node.inputs;
    if (input === undefined || !isImage(input.shape)) return false;
    const image = lowering.image(input);
    const form = sharedForm([image]);
    if (form === 'planes') return false;
    const value = lowering.builder.add(node.op, [image.get(form)], node.attributes as never, {
      name: node.name,
    });
    lowering.output(node).define(form, value);
    return true;
  };
}

function clamp(
  lowering: CpuLowering,
  node: Node<'Clip' | 'Relu'>,
  bounds: readonly [number, number],
): boolean {
  const [input] = node.inputs;
  if (input === undefined || !isImage(input.shape)) return false;
  const image = lowering.image(input);
  const { affine } = image;
  if (affine !== undefined) {
    lowering.output(node).define(affine.form, affineMap(lowering, affine, bounds));
    return true;
  }
  const form = sharedForm([image]);
  lowering.output(node).define(form, clampPlain(lowering.builder, image.get(form), bounds));
  return true;
}

function bound(value: Value | undefined, fallback: number): number | undefined {
  if (value === undefined) return fallback;
  return value.constant === undefined ? undefined : toNumbers(value.constant)[0];
}

/** 1 where y lies strictly inside the bounds, else 0. */
function inside(
  lowering: CpuLowering,
  node: Node,
  y: Value,
  { least, greatest }: { readonly least: number; readonly greatest: number },
): Value {
  const above = least === 0 ? y : lowering.add(node, 'Sub', [y, lowering.scalar(least)], {});
  if (greatest === Number.POSITIVE_INFINITY) {
    return lowering.add(node, 'HardSigmoid', [above], { alpha: steep, beta: 0 });
  }
  if (elementCount(y.shape) >= beyondCaches) {
    // -y with zeros at the greatest value, which a clamp gives exactly. Operators of one input write
    // where they read: less to move through memory than the product below.
    const turned = lowering.add(node, 'Neg', [above], {});
    const alpha = Math.fround(Math.fround(least) - Math.fround(greatest));
    const between = lowering.add(node, 'ThresholdedRelu', [turned], { alpha });
    return lowering.add(node, 'HardSigmoid', [between], { alpha: -steep, beta: 0 });
  }
  // Positive strictly between the bounds, and zero at them, where a clamp ends exactly.
  const below = lowering.add(node, 'Sub', [lowering.scalar(greatest), y], {});
  const product = lowering.add(node, 'Mul', [above, below], {});
  return lowering.add(node, 'HardSigmoid', [product], { alpha: steep, beta: 0 });
}

/** Operators that work element by element. */
export const elementwiseLowerings = {
  Add: elementwise('Add'),
  Sub: elementwise('Sub'),
  Mul: elementwise('Mul'),
  Div: elementwise('Div'),
  HardSwish: unary(),
  HardSigmoid: unary(),
  Sigmoid: unary(),
  Neg: unary(),
  Relu: (lowering, node) => clamp(lowering, node, [0, Number.POSITIVE_INFINITY]),
  Clip: (lowering, node) => {
    const least = bound(node.inputs[1], Number.NEGATIVE_INFINITY);
    const greatest = bound(node.inputs[2], Number.POSITIVE_INFINITY);
    if (least === undefined || greatest === undefined) return false;
    return clamp(lowering, node, [least, greatest]);
  },
  ClipGradient: (lowering, node) => {
    const { least } = node.attributes;
    const [dy, y] = [lowering.input(node, 0), lowering.input(node, 1)];
    if (!isImage(y.shape) || !Number.isFinite(least)) return false;
    const form = sharedForm([y]) === 'rows' && y.has('blocked') ? 'blocked' : sharedForm([y]);
    const mask = inside(lowering, node, y.get(form), node.attributes);
    const value = lowering.add(node, 'Mul', [dy.get(form), mask], {});
    lowering.output(node).define(form, value);
    return true;
  },
} as const satisfies LoweringRules;
