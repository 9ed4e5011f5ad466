import type { GraphBuilder } from '../../graph/builder.js';
import type { Node, Value } from '../../graph/graph.js';
import { onnxDtypes } from '../../graph/onnx-dtype.js';

/**
 * The scores of an 8-bit network before their rounding to 8 bits.
 *
 * An 8-bit file rounds its logits to steps of their scale, which decides close calls by chance.
 * Where a quantised convolution makes them, its last sum is formed in real numbers instead, from
 * the same 8-bit activations and weights; any other value is given back as it is.
 */
export function unroundedScores(builder: GraphBuilder, scores: Value): Value {
  const reading = builder.producerOf(scores);
  if (reading?.op === 'Transpose') {
    const [inner] = reading.inputs;
    const unrounded = inner && unroundedScores(builder, inner);
    if (unrounded === undefined || unrounded === inner) return scores;
    return builder.add('Transpose', [unrounded], reading.attributes, { name: reading.name });
  }
  const [stored] = reading?.op === 'DequantizeLinear' ? reading.inputs : [];
  const convolution = stored && builder.producerOf(stored);
  return convolution?.op === 'QLinearConv' ? realConvolution(builder, convolution) : scores;
}

function realConvolution(builder: GraphBuilder, node: Node<'QLinearConv'>): Value {
  const [x, xScale, xZero, weights, weightScale, weightZero, , , bias] = node.inputs;
  const name = (what: string) => ({ name: `${node.name}/${what}` });
  const real = builder.add('DequantizeLinear', [x, xScale, xZero], {}, name('input'));
  const filters = builder.add(
    'DequantizeLinear',
    [weights, weightScale, weightZero],
    { axis: 0 },
    name('weights'),
  );
  return builder.add(
    'Conv',
    [real, filters, bias && realBias(builder, bias, xScale, weightScale, name)],
    node.attributes,
    name('unrounded'),
  );
}

/** A bias counts steps of input scale times weight scale, as the sums do. */
function realBias(
  builder: GraphBuilder,
  bias: Value,
  xScale: Value | undefined,
  weightScale: Value | undefined,
  name: (what: string) => { name: string },
): Value {
  const steps = builder.add('Cast', [bias], { to: onnxDtypes.float32 }, name('bias steps'));
  const step = builder.add('Mul', [xScale, weightScale], {}, name('bias step'));
  return builder.add('Mul', [steps, step], {}, name('bias'));
}
