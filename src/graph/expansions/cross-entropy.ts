import { int64 } from '../../core/tensor.js';
import type { Value } from '../graph.js';
import type { Expansion, ExpansionRule } from './expansion.js';

type CrossEntropy = Expansion<'SoftmaxCrossEntropy' | 'SoftmaxCrossEntropyGradient'>;

/** 1 where a pixel's label is the class, else 0, [N, C, H, W]; no class for labels outside. */
function oneHot(expansion: CrossEntropy, logits: Value, labels: Value): Value {
  const [batch = 1, classes = 1, height = 1, width = 1] = logits.shape;
  const numbers = Array.from({ length: classes }, (_, index) => index);
  const indices = expansion.builder.constant(
    { ...int64(numbers), shape: [1, classes, 1, 1] },
    `${expansion.node.name}/classes`,
  );
  const planes = expansion.reshape(labels, [batch, 1, height, width]);
  return expansion.add('Cast', [expansion.add('Equal', [planes, indices], {})], { to: 1 });
}

function sumOverClasses(expansion: CrossEntropy, value: Value, keepdims: 0 | 1): Value {
  return expansion.add('ReduceSum', [value, expansion.integers([1])], { keepdims });
}

/** 1 where the label is one of the classes, else 0, [N, H, W]. */
function labelled(expansion: CrossEntropy, hot: Value): Value {
  return sumOverClasses(expansion, hot, 0);
}

/** loss = log(sum(exp(z))) - z[label], shifted by the largest logit so that nothing overflows. */
export const softmaxCrossEntropy: ExpansionRule<'SoftmaxCrossEntropy'> = (expansion) => {
  const [logits, labels] = [expansion.input(0), expansion.input(1)];
  const greatest = expansion.add('ReduceMax', [logits], { axes: [1], keepdims: 1 });
  const shifted = expansion.add('Sub', [logits, greatest], {});
  const sum = sumOverClasses(expansion, expansion.add('Exp', [shifted], {}), 1);
  const whole = expansion.add('Add', [expansion.add('Log', [sum], {}), greatest], {});
  const logSumExp = expansion.reshape(whole, labels.shape);
  const hot = oneHot(expansion, logits, labels);
  const own = sumOverClasses(expansion, expansion.add('Mul', [logits, hot], {}), 0);
  const counted = expansion.add('Mul', [logSumExp, labelled(expansion, hot)], {});
  return [expansion.add('Sub', [counted, own], {}), logSumExp];
};

/** dz = (softmax(z) - onehot(label)) dloss; 0 where the label is none of the classes. */
export const softmaxCrossEntropyGradient: ExpansionRule<'SoftmaxCrossEntropyGradient'> = (
  expansion,
) => {
  const [dlosses, logits, labels, logSumExp] = [
    expansion.input(0),
    expansion.input(1),
    expansion.input(2),
    expansion.input(3),
  ];
  const [batch = 1, height = 1, width = 1] = labels.shape;
  const planes = (value: Value) => expansion.reshape(value, [batch, 1, height, width]);
  const shifted = expansion.add('Sub', [logits, planes(logSumExp)], {});
  const hot = oneHot(expansion, logits, labels);
  const surplus = expansion.add('Sub', [expansion.add('Exp', [shifted], {}), hot], {});
  const weights = expansion.add('Mul', [dlosses, labelled(expansion, hot)], {});
  return [expansion.add('Mul', [surplus, planes(weights)], {})];
};
