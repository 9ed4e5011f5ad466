import { toNumbers } from '../../core/tensor.js';
import {
  constantTensor,
  type TfliteBuiltin,
  type TfliteOperator,
  type TfliteSubgraph,
} from '../../formats/tflite/index.js';

type ConvolutionOperator = Extract<
  TfliteBuiltin,
  { readonly name: 'CONV_2D' | 'DEPTHWISE_CONV_2D' }
>;

/**
 * An atrous convolution as older converters wrote it: the pixels dealt out into batches
 * (SPACE_TO_BATCH_ND), a plain convolution without padding, and the batches put together again.
 */
export interface AtrousBlock {
  /** Position of the convolution in the subgraph. */
  readonly convolution: number;
  /** Position of the last operator of the three, whose output stands for them all. */
  readonly last: number;
  /** Tensor that enters. */
  readonly input: number;
  /** Atrous rates: height, width. */
  readonly block: readonly [number, number];
  /** Padding less cropping: top, left, bottom, right. */
  readonly pads: readonly number[];
}

/** The atrous convolutions of a subgraph by the position of their first operator. */
export function findAtrousBlocks(
  subgraph: TfliteSubgraph,
  place: string,
): ReadonlyMap<number, AtrousBlock> {
  const readers = readersOf(subgraph);
  const onlyReader = (operator: TfliteOperator): number | undefined => {
    const [output = -1] = operator.outputs;
    const all = readers.get(output) ?? [];
    return all.length === 1 && !subgraph.outputs.includes(output) ? all[0] : undefined;
  };
  const constant = (tensor: number | undefined): readonly number[] | undefined => {
    const record = tensor === undefined ? undefined : subgraph.tensors[tensor];
    const known = record && constantTensor(record, place);
    return known && toNumbers(known);
  };

  const blocks = new Map<number, AtrousBlock>();
  subgraph.operators.forEach((first, index) => {
    if (first.name !== 'SPACE_TO_BATCH_ND') return;
    const middleIndex = onlyReader(first);
    const middle = middleIndex === undefined ? undefined : subgraph.operators[middleIndex];
    if (middleIndex === undefined || middle === undefined || !isDense(middle)) return;
    if (middle.inputs[0] !== first.outputs[0]) return;
    const lastIndex = onlyReader(middle);
    const last = lastIndex === undefined ? undefined : subgraph.operators[lastIndex];
    if (lastIndex === undefined || last?.name !== 'BATCH_TO_SPACE_ND') return;

    const [input = -1, blockTensor, paddingTensor] = first.inputs;
    const block = constant(blockTensor);
    const paddings = constant(paddingTensor);
    const blockAfter = constant(last.inputs[1]);
    const crops = constant(last.inputs[2]);
    if (block?.length !== 2 || paddings?.length !== 4 || crops?.length !== 4) return;
    const [rateY = 1, rateX = 1] = block;
    if (blockAfter?.[0] !== rateY || blockAfter[1] !== rateX) return;
    const [top = 0, bottom = 0, left = 0, right = 0] = paddings.map(
      (pad, at) => pad - (crops[at] ?? 0),
    );
    if (Math.min(top, bottom, left, right) < 0) return;
    blocks.set(index, {
      convolution: middleIndex,
      last: lastIndex,
      input,
      block: [rateY, rateX],
      pads: [top, left, bottom, right],
    });
  });
  return blocks;
}

/** A convolution that steps pixel by pixel without padding or rate of its own. */
function isDense(operator: TfliteOperator): operator is ConvolutionOperator {
  if (operator.name !== 'CONV_2D' && operator.name !== 'DEPTHWISE_CONV_2D') return false;
  const { padding, strideHeight, strideWidth, dilationHeight, dilationWidth } = operator.options;
  const steps = [strideHeight, strideWidth, dilationHeight, dilationWidth];
  return padding === 'VALID' && steps.every((step) => step === 1);
}

function readersOf(subgraph: TfliteSubgraph): ReadonlyMap<number, readonly number[]> {
  const readers = new Map<number, number[]>();
  subgraph.operators.forEach((operator, index) => {
    for (const input of operator.inputs) {
      readers.set(input, [...(readers.get(input) ?? []), index]);
    }
  });
  return readers;
}
