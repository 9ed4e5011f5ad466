import { UnsupportedError } from '../../core/errors.js';
import { tensor } from '../../core/tensor.js';
import { GraphBuilder } from '../../graph/builder.js';
import type { Graph, Value } from '../../graph/graph.js';
import { simplify } from '../../graph/passes/simplify.js';
import { Renewal } from '../../graph/renewal.js';
import { findSegmentationOutput, type OutputPlace, type ResizeConvention } from './find-output.js';
import {
  addPixelInput,
  describeImageInput,
  type ImageInput,
  type Normalisation,
} from './image-input.js';
import { unroundedScores } from './unrounded-scores.js';

/** What a segmentation graph hands out, and how it lies over the network's input. */
export type SegmentationOutput =
  | {
      readonly kind: 'scores';
      /** float32 [1, classes, height, width]. */
      readonly classes: number;
      readonly width: number;
      readonly height: number;
      readonly meaning: 'logits' | 'probabilities';
      readonly convention: ResizeConvention;
    }
  | {
      readonly kind: 'labels';
      /** int64, int32 or uint8, [1, height, width]. */
      readonly width: number;
      readonly height: number;
    };

/** A graph from pixels to low-resolution scores (or class indices), ready to run. */
export interface SegmentationGraph {
  /** One input, `image`; one output, `scores` or `labels`. */
  readonly graph: Graph;
  readonly input: ImageInput;
  readonly output: SegmentationOutput;
}

/**
 * Cuts a model's graph down to what segmentation needs: pixels in, scores out.
 *
 * The final resize and argmax are left out; `labelMap` gives the same answer from the scores.
 *
 * @throws UnsupportedError where input or output are not those of a segmentation model.
 */
export function toSegmentationGraph(
  graph: Graph,
  normalisation: Normalisation,
  place: string,
): SegmentationGraph {
  const [input, ...others] = graph.inputs;
  if (input === undefined || others.length > 0) {
    throw new UnsupportedError({
      place,
      problem: 'a segmentation model has one input',
      found: graph.inputs.map(({ name }) => `"${name}"`).join(', ') || 'none',
      fix: 'this may be a model of another task',
    });
  }
  const imageInput = describeImageInput(input, place);
  const found = findSegmentationOutput(graph);
  if (found === undefined) {
    throw new UnsupportedError({
      place,
      problem: 'no output that looks like class scores or class indices of an image',
      expected: '[1, classes, H, W], [1, H, W, classes] or [1, H, W]',
      found: graph.outputs
        .map(({ name, value }) => `"${name}" [${value.shape.join(', ')}]`)
        .join('; '),
      fix: 'this may be a model of another task',
    });
  }
  const builder = new GraphBuilder();
  const pixels = addPixelInput(builder, input, imageInput, normalisation);
  const renewal = new Renewal(builder, [[input, pixels]]);
  for (const node of graph.nodes) {
    renewal.define(node, builder.copy(node, renewal.inputsOf(node)));
  }
  const result = addOutput(builder, found, renewal.value(found.value));
  const output = describeOutput(found, result);
  return {
    graph: simplify(builder.build([{ name: output.kind, value: result }])),
    input: imageInput,
    output,
  };
}

/** What the graph hands out, from the place of the output that was found. */
function addOutput(builder: GraphBuilder, found: OutputPlace, raw: Value): Value {
  if (found.kind === 'labels') return raw;
  const value = unroundedScores(builder, raw);
  const planar =
    found.channels === 'first' ? value : builder.add('Transpose', [value], { perm: [0, 3, 1, 2] });
  return planar.shape[1] === 1 ? addBackground(builder, planar, found.meaning) : planar;
}

/** Gives a model of one class, which says "object or not", the plane of its background. */
function addBackground(
  builder: GraphBuilder,
  object: Value,
  meaning: Extract<OutputPlace, { kind: 'scores' }>['meaning'],
): Value {
  const fill = builder.constant(
    tensor('float32', [], Float32Array.of(meaning === 'logits' ? 0 : 1)),
    'fill',
  );
  const zero = builder.add('Sub', [object, object], {});
  const constant = builder.add('Add', [zero, fill], {});
  const background = meaning === 'logits' ? constant : builder.add('Sub', [constant, object], {});
  return builder.add('Concat', [background, object], { axis: 1 });
}

function describeOutput(found: OutputPlace, result: Value): SegmentationOutput {
  if (found.kind === 'labels') {
    const [height = 1, width = 1] = result.shape
      .filter((size, axis) => axis > 0 && size !== 1)
      .slice(-2);
    return { kind: 'labels', width, height };
  }
  const [, classes = 0, height = 0, width = 0] = result.shape;
  return {
    kind: 'scores',
    classes,
    width,
    height,
    meaning: found.meaning === 'logits' ? 'logits' : 'probabilities',
    // Without a resize of its own, the output lies over the input pixel by pixel.
    convention: found.convention ?? 'half-pixel',
  };
}
