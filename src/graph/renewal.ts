import { InternalError } from '../core/errors.js';
import type { GraphBuilder } from './builder.js';
import type { Node, Value } from './graph.js';

/** What stands for each value of a graph whose nodes are added to a builder anew. */
export class Renewal {
  readonly #builder: GraphBuilder;
  readonly #values: Map<Value, Value>;

  /** @param known The values that are there before any node is: those for the graph's inputs. */
  constructor(builder: GraphBuilder, known: Iterable<readonly [old: Value, renewed: Value]>) {
    this.#builder = builder;
    this.#values = new Map(known);
  }

  /**
   * The builder's value for one of the old graph; a constant is added when it is first asked for.
   *
   * @throws InternalError where the node that makes the value has not been renewed.
   */
  value(old: Value): Value {
    const known = this.#values.get(old);
    if (known !== undefined) return known;
    if (old.constant === undefined) {
      throw new InternalError('graph', `"${old.name}" is used before it is computed`);
    }
    const constant = this.#builder.constant(old.constant, old.name);
    this.#values.set(old, constant);
    return constant;
  }

  /** The builder's values for a node's inputs. */
  inputsOf({ inputs }: Node): readonly (Value | undefined)[] {
    return inputs.map((input) => (input === undefined ? undefined : this.value(input)));
  }

  /** Takes values for the outputs of a node, as many as there are. */
  define({ outputs }: Node, values: readonly Value[]): void {
    for (const [index, output] of outputs.entries()) {
      const value = values[index];
      if (value !== undefined) this.#values.set(output, value);
    }
  }
}
