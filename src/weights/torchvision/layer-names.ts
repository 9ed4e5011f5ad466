/** A pattern of a module's path in a state dict, and what the layer is called here. */
type LayerName = readonly [pattern: RegExp, scope: (...parts: readonly string[]) => string];

const next = (index: string | undefined, by: number) => Number(index) + by;

/** torchvision counts a block's units from 0. */
function resNet(scope: string): readonly LayerName[] {
  const unit = (block = '', index = '') =>
    `${scope}/block${block}/unit_${next(index, 1)}/bottleneck_v1`;
  return [
    [/^backbone\.(?:conv|bn)1$/, () => `${scope}/conv1`],
    [
      /^backbone\.layer(\d)\.(\d+)\.(?:conv|bn)(\d)$/,
      (block, index, layer) => `${unit(block, index)}/conv${layer}`,
    ],
    [
      /^backbone\.layer(\d)\.(\d+)\.downsample\.[01]$/,
      (block, index) => `${unit(block, index)}/shortcut`,
    ],
    // An auxiliary head of training, on features that ours would be on too.
    [/^aux_classifier\.[01]$/, () => 'auxiliary/conv'],
    [/^aux_classifier\.4$/, () => 'auxiliary/logits'],
  ];
}

/**
 * Module 0 is the root, 16 the last convolution. The layers of the units between them are numbered:
 * expansion, which the first unit does not have, depthwise convolution, squeeze and excitation, which
 * some have, projection.
 */
function mobileNetV3Large(scope: string): readonly LayerName[] {
  const unit = (index = '') =>
    `${scope}/expanded_conv${index === '1' ? '' : `_${next(index, -1)}`}`;
  const layers = ['expand', 'depthwise', 'project', 'project'];
  return [
    [/^backbone\.0\.[01]$/, () => `${scope}/Conv`],
    [/^backbone\.16\.[01]$/, () => `${scope}/Conv_1`],
    [
      /^backbone\.(\d+)\.block\.([0-3])\.[01]$/,
      (index, layer) => `${unit(index)}/${layers[next(layer, index === '1' ? 1 : 0)]}`,
    ],
    [
      /^backbone\.(\d+)\.block\.2\.fc([12])$/,
      (index, layer) => `${unit(index)}/squeeze_excite/Conv${layer === '1' ? '' : '_1'}`,
    ],
  ];
}

const deepLabV3: readonly LayerName[] = [
  [/^classifier\.0\.convs\.([0-3])\.[01]$/, (branch) => `aspp${branch}`],
  [/^classifier\.0\.convs\.4\.[12]$/, () => 'image_pooling'],
  [/^classifier\.0\.project\.[01]$/, () => 'concat_projection'],
  [/^classifier\.[12]$/, () => 'classifier/conv'],
  [/^classifier\.4$/, () => 'logits/semantic'],
];

const lrAspp: readonly LayerName[] = [
  [/^classifier\.cbr\.[01]$/, () => 'aspp0'],
  [/^classifier\.scale\.1$/, () => 'image_pooling'],
  [/^classifier\.low_classifier$/, () => 'decoder/feature_projection0'],
  [/^classifier\.high_classifier$/, () => 'decoder/decoder_conv0'],
];

const names = {
  'resnet-50-torchvision': resNet('torchvision_resnet_50'),
  'resnet-101-torchvision': resNet('torchvision_resnet_101'),
  'mobilenet-v3-large-torchvision': mobileNetV3Large('torchvision_mobilenet_v3'),
  'v3-torchvision': deepLabV3,
  'lr-aspp-torchvision': lrAspp,
} as const;

/** Backbones and heads whose layers have names in torchvision. */
export type NamedPart = keyof typeof names;

/** The scope of a module's variables, for a convolution and its batch norm alike. */
export function layerScope(module: string, parts: readonly NamedPart[]): string | undefined {
  for (const [pattern, scope] of parts.flatMap((part) => names[part])) {
    const [found, ...groups] = pattern.exec(module) ?? [];
    if (found !== undefined) return scope(...groups);
  }
  return undefined;
}
