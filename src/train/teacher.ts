import { OptionError } from '../core/errors.js';
import { GraphBuilder } from '../graph/builder.js';
import type { Value } from '../graph/graph.js';
import { inline } from '../graph/inline.js';
import { simplify } from '../graph/passes/simplify.js';
import { type BackboneName, backbones } from '../models/backbones/index.js';
import { type DeepLabSettings, deepLab } from '../models/deeplab.js';
import { heads } from '../models/heads/index.js';
import { Layers } from '../models/layers.js';
import type { TrainedNetwork } from '../weights/network-file.js';

/**
 * Adds a trained network, its batch norm folded and its weights constant, to a step's graph.
 *
 * @param image normalised, [N, 3, H, W].
 * @param size height and width that its logits are resized to.
 * @returns its logits, [N, classes, height, width].
 */
export function teacherLogits(
  builder: GraphBuilder,
  image: Value,
  { settings, weights }: TrainedNetwork,
  size: readonly [height: number, width: number],
): Value {
  const own = new GraphBuilder({ foldConstants: true });
  const layers = new Layers(own, { kind: 'infer', weights });
  const logits = deepLab(layers, own.input('image', 'float32', image.shape), settings);
  const value = layers.resize(logits, size, 'teacher/resized', heads[settings.head].resize);
  const graph = simplify(own.build([{ name: 'logits', value }]));
  const made = inline(builder, graph, { image })['logits'];
  return made ?? image;
}

/** @throws OptionError where a network could not learn from a teacher. */
export function checkTeacher(
  { settings }: TrainedNetwork,
  student: Pick<DeepLabSettings, 'backbone' | 'classes'>,
  place: string,
): void {
  const { backbone, classes } = student;
  if (!samePixels(settings.backbone, backbone)) {
    throw new OptionError({
      place,
      problem: 'the teacher takes other pixels than the network',
      expected: `a backbone that takes those of ${backbone}`,
      found: settings.backbone,
    });
  }
  if (settings.classes === classes) return;
  throw new OptionError({
    place,
    problem: 'the teacher knows another number of classes',
    expected: `${classes}, as the data set has`,
    found: `${settings.classes}`,
    fix: 'take a teacher with the classes of the data set',
  });
}

/** Whether two backbones normalise pixels alike: a step does it once, for both. */
function samePixels(one: BackboneName, other: BackboneName): boolean {
  const [a, b] = [one, other].map((name) => backbones[name].pixels);
  return `${a?.mean}/${a?.std}` === `${b?.mean}/${b?.std}`;
}
