import { elementCount, type Shape, sameShape } from '../../core/tensor.js';
import type { Value } from '../../graph/graph.js';
import type { OperatorName } from '../../graph/operators.js';
import { differentiable, type GradientCall, type GradientEntries } from '../gradient-rule.js';

type Transposed = { readonly transA?: 0 | 1; readonly transB?: 0 | 1 };

function swapLast(call: GradientCall, value: Value): Value {
  const axes = [...value.shape.keys()];
  const perm = [...axes.slice(0, -2), axes.length - 1, axes.length - 2];
  return call.add('Transpose', [value], { perm });
}

/** A matrix product, of factors read as transposed where the operator can do that. */
function product(call: GradientCall, a: Value, b: Value, transposed: Transposed): Value {
  const sameBatch = sameShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  if (sameBatch && a.dtype === 'float32') return call.add('FusedMatMul', [a, b], transposed);
  const left = transposed.transA === 1 ? swapLast(call, a) : a;
  const right = transposed.transB === 1 ? swapLast(call, b) : b;
  return call.add('MatMul', [left, right], {});
}

/** Shapes of the factors and the gradient of a product, as stacks of matrices. */
interface Stacks {
  readonly a: Shape;
  readonly b: Shape;
  readonly dy: Shape;
}

/** Gives vectors the axis that MatMul adds to them, and makes rows of a batch that shares b. */
function stacks(call: GradientCall<'MatMul'>): Stacks {
  const [a, b, y] = [call.input(0), call.input(1), call.output()];
  const left: Shape = a.shape.length === 1 ? [1, ...a.shape] : a.shape;
  const right: Shape = b.shape.length === 1 ? [...b.shape, 1] : b.shape;
  const [rows = 1, inner = 1, columns = 1] = [left.at(-2), left.at(-1), right.at(-1)];
  const batch = y.shape.slice(0, y.shape.length - matrixAxes(a) - matrixAxes(b));
  if (right.length === 2 && sameShape(left.slice(0, -2), batch)) {
    const all = elementCount(batch) * rows;
    return { a: [all, inner], b: right, dy: [all, columns] };
  }
  return { a: left, b: right, dy: [...batch, rows, columns] };
}

/** Axes of the product that come from a factor's own matrix: none where it is a vector. */
function matrixAxes({ shape }: Value): number {
  return shape.length === 1 ? 0 : 1;
}

/**
 * y = alpha op(a) op(b) with op the transpose where its flag is set.
 *
 * da = alpha dy op(b)^T, db = alpha op(a)^T dy, each transposed where its flag is set.
 */
function factorGradients(
  call: GradientCall<'Gemm'> | GradientCall<'FusedMatMul'>,
): readonly (Value | undefined)[] {
  const { op } = call.node;
  const { alpha, transA, transB } = call.node.attributes;
  const [a, b, dy] = [call.input(0), call.input(1), call.gradient];
  const multiply = (factors: readonly Value[], transposed: Transposed) =>
    op === 'Gemm'
      ? call.add('Gemm', factors, { alpha, ...transposed })
      : call.add('FusedMatMul', factors, { alpha, ...transposed });
  const [ofA, ofB] = [transA === 1 ? 1 : 0, transB === 1 ? 1 : 0] as const;
  const da = () =>
    ofA === 1
      ? multiply([b, dy], { transA: ofB, transB: 1 })
      : multiply([dy, b], { transB: ofB === 1 ? 0 : 1 });
  const db = () =>
    ofB === 1
      ? multiply([dy, a], { transA: 1, transB: ofA })
      : multiply([a, dy], { transA: ofA === 1 ? 0 : 1 });
  return [call.wants(0) ? da() : undefined, call.wants(1) ? db() : undefined];
}

/** Matrix products. */
export const algebraEntries = {
  /** da = dy b^T, db = a^T dy, summed over the batches that a factor was repeated for */
  MatMul: differentiable((call) => {
    const shapes = stacks(call);
    const [a, b, dy] = [
      () => call.reshape(call.input(0), shapes.a),
      () => call.reshape(call.input(1), shapes.b),
      () => call.reshape(call.gradient, shapes.dy),
    ];
    const toward = (position: number, shape: Shape, form: () => Value) =>
      call.wants(position)
        ? call.reshape(call.sumTo(form(), shape), call.input(position).shape)
        : undefined;
    return [
      toward(0, shapes.a, () => product(call, dy(), b(), { transB: 1 })),
      toward(1, shapes.b, () => product(call, a(), dy(), { transA: 1 })),
    ];
  }),
  /** y = alpha op(a) op(b) + beta c: dc = beta dy, summed to the shape of c */
  Gemm: differentiable((call) => {
    const bias = () => {
      const sum = call.sumTo(call.gradient, call.input(2).shape);
      const { beta } = call.node.attributes;
      return beta === 1 ? sum : call.times(sum, call.scalar(beta));
    };
    return [...factorGradients(call), call.wants(2) ? bias() : undefined];
  }),
  FusedMatMul: differentiable((call) => factorGradients(call)),
} as const satisfies Partial<GradientEntries<OperatorName>>;
