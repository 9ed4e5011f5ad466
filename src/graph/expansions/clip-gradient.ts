import type { Value } from '../graph.js';
import type { ExpansionRule } from './expansion.js';

/** dy where the clamp let through, else 0; at the bounds themselves 0, as in TensorFlow. */
export const clipGradient: ExpansionRule<'ClipGradient'> = (expansion) => {
  const [dy, y] = [expansion.input(0), expansion.input(1)];
  const { least, greatest } = expansion.node.attributes;
  const within: Value[] = [];
  if (Number.isFinite(least)) {
    within.push(expansion.add('Greater', [y, expansion.scalar(least)], {}));
  }
  if (Number.isFinite(greatest)) {
    within.push(expansion.add('Less', [y, expansion.scalar(greatest)], {}));
  }
  const [first, second] = within;
  if (first === undefined) return [dy];
  const inside = second === undefined ? first : expansion.add('And', [first, second], {});
  const mask = expansion.add('Cast', [inside], { to: 1 });
  return [expansion.add('Mul', [dy, mask], {})];
};
