import { FormatError } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { imageNetPixels, type PixelNormalisation } from '../../models/backbones/backbone.js';
import { type DeepLabSettings, settingsOf } from '../../models/settings.js';
import { classNames } from './class-names.js';
import { layerScope, type NamedPart } from './layer-names.js';

/** A network of torchvision's with its weights. */
export interface TorchvisionNetwork {
  readonly network: DeepLabSettings;
  readonly labels: readonly string[];
  readonly normalisation: PixelNormalisation;
  /** By the names of variables that the network has here. */
  readonly tensors: ReadonlyMap<string, Tensor>;
}

type StateDict = ReadonlyMap<string, Tensor>;

/**
 * The network and the weights of a state dict of torchvision's: DeepLab v3 on ResNet-50, ResNet-101
 * or MobileNetV3-large, LR-ASPP on MobileNetV3-large, told by the names in it.
 *
 * Its auxiliary head is taken where ours of training stands on the same features: on ResNets.
 *
 * @param place What errors call the file.
 * @returns `undefined` for other tensors.
 * @throws FormatError for a ResNet of another depth.
 */
export function torchvisionNetwork(
  tensors: StateDict,
  place: string,
): TorchvisionNetwork | undefined {
  const network = networkOf(tensors, place);
  if (network === undefined) return undefined;
  const { backbone, head, classes } = network;
  const parts = [backbone, head] as const;
  const named = [...tensors].flatMap(([name, tensor]) => {
    const own = variableName(name, tensor, tensors, parts);
    return own === undefined ? [] : [[own, tensor] as const];
  });
  return {
    network,
    labels: classNames(classes),
    normalisation: imageNetPixels,
    tensors: new Map(named),
  };
}

type KnownNetwork = DeepLabSettings & { readonly backbone: NamedPart; readonly head: NamedPart };

function networkOf(tensors: StateDict, place: string): KnownNetwork | undefined {
  const classesOf = (layer: string) => {
    const count = tensors.get(`${layer}.weight`)?.shape[0] ?? 0;
    return count >= 1 && count <= mostClasses ? count : undefined;
  };
  const isResNet = tensors.has('backbone.conv1.weight');
  if (!isResNet && !tensors.has('backbone.0.0.weight')) return undefined;
  if (tensors.has('classifier.0.convs.0.0.weight')) {
    const classes = classesOf('classifier.4');
    if (classes === undefined) return undefined;
    const head = 'v3-torchvision';
    const backbone = isResNet ? resNetOf(tensors, place) : 'mobilenet-v3-large-torchvision';
    const outputStride = isResNet ? 8 : 16;
    return { ...settingsOf(backbone, head), backbone, head, classes, outputStride };
  }
  const classes = classesOf('classifier.low_classifier');
  if (isResNet || classes === undefined) return undefined;
  const [backbone, head] = ['mobilenet-v3-large-torchvision', 'lr-aspp-torchvision'] as const;
  return { ...settingsOf(backbone, head), backbone, head, classes };
}

/** The ResNet with as many units in its third block. */
function resNetOf(tensors: StateDict, place: string): Extract<NamedPart, `resnet-${string}`> {
  let units = 0;
  while (tensors.has(`backbone.layer3.${units}.conv1.weight`)) units++;
  if (units === 6) return 'resnet-50-torchvision';
  if (units === 23) return 'resnet-101-torchvision';
  throw new FormatError({
    place,
    problem: "the state dict is of torchvision's DeepLab on a ResNet of another depth",
    expected: 'ResNet-50 or ResNet-101, with 6 or 23 units in layer3',
    found: `${units} units`,
  });
}

const normNames: ReadonlyMap<string, string> = new Map([
  ['weight', 'gamma'],
  ['bias', 'beta'],
  ['running_mean', 'moving_mean'],
  ['running_var', 'moving_variance'],
]);

const convolutionNames: ReadonlyMap<string, string> = new Map([
  ['weight', 'weights'],
  ['bias', 'biases'],
]);

/** Far beyond every sensible network: numbers out of files must not make endless work. */
const mostClasses = 65_535;

/** What a tensor of a state dict is called here; `undefined` for one that has no part in it. */
function variableName(
  name: string,
  { shape }: Tensor,
  tensors: StateDict,
  parts: readonly NamedPart[],
): string | undefined {
  const dot = name.lastIndexOf('.');
  const [module, leaf] = [name.slice(0, dot), name.slice(dot + 1)];
  const scope = layerScope(module, parts);
  if (scope === undefined) return undefined;
  if (tensors.has(`${module}.running_mean`)) {
    const own = normNames.get(leaf);
    return own === undefined ? undefined : `${scope}/BatchNorm/${own}`;
  }
  const own = convolutionNames.get(leaf);
  const isDepthwise = own === 'weights' && scope.endsWith('/depthwise') && shape[1] === 1;
  return own === undefined ? undefined : `${scope}/${isDepthwise ? 'depthwise_weights' : own}`;
}
