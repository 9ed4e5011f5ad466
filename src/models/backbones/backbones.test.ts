import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../graph/builder.js';
import type { Graph } from '../../graph/graph.js';
import { deepLab } from '../deeplab.js';
import { Layers } from '../layers.js';
import { networkName, parseNetworkName } from '../names.js';
import { settingsOf } from '../settings.js';
import type { BackboneName } from './index.js';
import { backboneNames, backbones } from './index.js';

function built(name: string, height = 65, width = height): Graph {
  const builder = new GraphBuilder();
  const layers = new Layers(builder, { kind: 'train', batchNorm: 'frozen' });
  const image = builder.input('image', 'float32', [1, 3, height, width]);
  const value = deepLab(layers, image, parseNetworkName(name));
  return builder.build([{ name: 'logits', value }]);
}

function convolution({ nodes }: Graph, name: string) {
  const node = nodes.find((each) => each.op === 'Conv' && each.name === name);
  if (node?.op !== 'Conv') throw new Error(`no convolution "${name}"`);
  const { strides, dilations, pads } = node.attributes;
  return { strides, dilations, pads, size: node.outputs[0]?.shape.slice(2) };
}

/** `stride/rate` of convolutions, written as one word each. */
function geometry(graph: Graph, names: readonly string[]): readonly string[] {
  return names.map((name) => {
    const { strides, dilations } = convolution(graph, name);
    return `${strides[0]}/${dilations[0]}`;
  });
}

describe('strides and rates', () => {
  const separable = (block: string, unit = 1) =>
    [1, 2, 3].map(
      (each) => `xception_65/${block}/unit_${unit}/xception_module/separable_conv${each}_depthwise`,
    );

  it.each([
    [32, '1/1 1/1 2/1', '1/1 1/1 1/1', '1/1 1/1 2/1', '1/1 1/2 1/3'],
    [16, '1/1 1/1 2/1', '1/1 1/1 1/1', '1/1 1/1 1/1', '1/2 1/4 1/6'],
    [8, '1/1 1/1 1/1', '1/2 1/2 1/2', '1/2 1/2 1/2', '1/4 1/8 1/12'],
  ])('of Xception at output stride %i', (stride, entry, middle, exit, last) => {
    const graph = built(`deeplabv3-xception65-os${stride}-mg1,2,3`);
    const written = (names: readonly string[]) => geometry(graph, names).join(' ');
    expect(written(separable('entry_flow/block3'))).toBe(entry);
    expect(written(separable('middle_flow/block1', 16))).toBe(middle);
    expect(written(separable('exit_flow/block1'))).toBe(exit);
    expect(written(separable('exit_flow/block2'))).toBe(last);
  });

  const bottleneck = (block: number, unit: number) =>
    `resnet_v1_50/block${block}/unit_${unit}/bottleneck_v1/conv2`;

  it.each([
    [32, '2/1', '1/1', '2/1', '1/1 1/2 1/4'],
    [16, '2/1', '1/1', '1/1', '1/2 1/4 1/8'],
    [8, '1/1', '1/2', '1/2', '1/4 1/8 1/16'],
    [4, '1/2', '1/4', '1/4', '1/8 1/16 1/32'],
  ])('of ResNet at output stride %i', (stride, second, inner, third, last) => {
    const graph = built(`deeplabv3-resnet50-os${stride}-mg1,2,4`);
    const units = [bottleneck(2, 4), bottleneck(3, 1), bottleneck(3, 6)];
    expect(geometry(graph, units)).toEqual([second, inner, third]);
    expect(
      geometry(
        graph,
        [1, 2, 3].map((unit) => bottleneck(4, unit)),
      ).join(' '),
    ).toBe(last);
  });

  it('double from block to block of a cascade', () => {
    const graph = built('deeplabv3cascade-resnet50-mg1,2,1');
    const rates = [4, 5, 6, 7].map((block) =>
      geometry(
        graph,
        [1, 2, 3].map((unit) => bottleneck(block, unit)),
      ).join(' '),
    );
    expect(rates).toEqual(['1/2 1/4 1/2', '1/4 1/8 1/4', '1/8 1/16 1/8', '1/16 1/32 1/16']);
  });

  it.each([
    [32, '2/1 1/1', '2/1 1/1', '2/1 1/1'],
    [16, '2/1 1/1', '2/1 1/1', '1/1 1/2'],
    [8, '2/1 1/1', '1/1 1/2', '1/2 1/4'],
  ])('of ResNet in torchvision at output stride %i', (stride, second, third, last) => {
    const graph = built(`deeplabv3torchvision-resnet50torchvision-os${stride}`);
    const rates = [2, 3, 4].map((block) =>
      geometry(
        graph,
        [1, 2].map((unit) => bottleneck(block, unit).replace(/^resnet_v1/, 'torchvision_resnet')),
      ).join(' '),
    );
    expect(rates).toEqual([second, third, last]);
  });

  it('double from block to block of a cascade on it', () => {
    const graph = built('deeplabv3cascade-resnet50torchvision');
    const names = [4, 5, 6, 7].flatMap((block) =>
      [1, 2].map((unit) => `torchvision_resnet_50/block${block}/unit_${unit}/bottleneck_v1/conv2`),
    );
    expect(geometry(graph, names).join(' ')).toBe('1/1 1/2 1/2 1/4 1/4 1/8 1/8 1/16');
  });

  it('of VGG are those of DeepLab-LargeFOV', () => {
    const names = ['vgg_16/conv4/conv4_3', 'vgg_16/conv5/conv5_1', 'fc6'];
    expect(geometry(built('deeplabv1-vgg16', 321), names)).toEqual(['1/1', '1/2', '1/12']);
    expect(convolution(built('deeplabv1-vgg16', 321), 'fc7').size).toEqual([41, 41]);
    expect(geometry(built('deeplabv1-vgg16-os16'), names)).toEqual(['1/1', '1/1', '1/6']);
  });

  it('of MobileNetV3 begin with its last stage', () => {
    const graph = built('lraspp-mobilenetv3large-os16');
    const names = [11, 12, 13].map((unit) => `MobilenetV3/expanded_conv_${unit}/depthwise`);
    expect(geometry(graph, names)).toEqual(['1/1', '1/1', '1/2']);
  });

  it('of MobileNetV3 in torchvision begin with the unit that loses its stride', () => {
    const graph = built('lraspptorchvision-mobilenetv3largetorchvision');
    const names = [11, 12, 13].map(
      (unit) => `torchvision_mobilenet_v3/expanded_conv_${unit}/depthwise`,
    );
    expect(geometry(graph, names)).toEqual(['1/1', '1/2', '1/2']);
  });

  it('of fused convolutions follow the same rule', () => {
    const graph = built('deeplabv3-mobilenetedgetpu-os4');
    const names = [1, 5, 6].map((unit) => `MobilenetEdgeTPU/expanded_conv_${unit}/expand`);
    expect(geometry(graph, names)).toEqual(['2/1', '1/1', '1/2']);
  });
});

it('pads strided convolutions of ResNet and Xception alike at even and odd sizes', () => {
  const pads = (name: string, layer: string, side: number) =>
    convolution(built(name, side), layer).pads;
  for (const side of [64, 65]) {
    expect(pads('deeplabv3-xception41', 'xception_41/entry_flow/conv1_1', side)).toEqual([
      1, 1, 1, 1,
    ]);
    expect(pads('deeplabv3-resnet50', 'resnet_v1_50/conv1', side)).toEqual([3, 3, 3, 3]);
  }
  expect(pads('deeplabv3-mobilenetv2', 'MobilenetV2/Conv', 64)).toEqual([0, 0, 1, 1]);
});

describe('low-level features', () => {
  const taps: Readonly<Record<BackboneName, readonly [number, number, number]>> = {
    'mobilenet-v2': [144, 192, 576],
    'mobilenet-v3-large': [72, 120, 672],
    'mobilenet-v3-large-minimalistic': [72, 120, 672],
    'mobilenet-v3-large-torchvision': [24, 40, 80],
    'mobilenet-v3-small': [16, 88, 144],
    'mobilenet-v3-small-minimalistic': [16, 88, 144],
    'mobilenet-edgetpu': [128, 192, 384],
    'resnet-18-beta': [64, 128, 256],
    'resnet-50': [256, 512, 1024],
    'resnet-50-beta': [256, 512, 1024],
    'resnet-50-torchvision': [256, 512, 1024],
    'resnet-101': [256, 512, 1024],
    'resnet-101-beta': [256, 512, 1024],
    'resnet-101-torchvision': [256, 512, 1024],
    'vgg-16': [128, 256, 512],
    'xception-41': [256, 728, 1024],
    'xception-65': [256, 728, 1024],
    'xception-71': [256, 728, 1024],
  };

  it.each(backboneNames)('of %s stand at strides 4, 8 and 16', (name) => {
    const builder = new GraphBuilder();
    const layers = new Layers(builder, { kind: 'train', batchNorm: 'frozen' });
    const image = builder.input('image', 'float32', [1, 3, 129, 97]);
    const settings = { depthMultiplier: 1, outputStride: 32 } as const;
    const { features, penultimate, lowLevel } = backbones[name].build(layers, image, settings);
    const found = [4, 8, 16].map((stride) => lowLevel.get(stride)?.shape);
    const sizes = [
      [33, 25],
      [17, 13],
      [9, 7],
    ];
    expect(found).toEqual(taps[name].map((channels, at) => [1, channels, ...(sizes[at] ?? [])]));
    expect(features.shape.slice(2)).toEqual([5, 4]);
    // The release's ResNet strides at the end of a block.
    const isLast = name.startsWith('resnet') && !name.endsWith('torchvision');
    expect(penultimate.shape.slice(2)).toEqual(isLast ? [5, 4] : [9, 7]);
  });
});

it('names what the release names', () => {
  const named = (name: string) => {
    const { inputs } = built(name);
    return new Set(inputs.map((input) => input.name));
  };
  const xception = named('deeplabv3plus-xception65');
  for (const name of [
    'xception_65/entry_flow/conv1_1/weights',
    'xception_65/entry_flow/block1/unit_1/xception_module/separable_conv1_depthwise/depthwise_weights',
    'xception_65/entry_flow/block1/unit_1/xception_module/shortcut/BatchNorm/gamma',
    'xception_65/middle_flow/block1/unit_16/xception_module/separable_conv3_pointwise/weights',
    'xception_65/exit_flow/block2/unit_1/xception_module/separable_conv3_pointwise/weights',
    'aspp1_depthwise/depthwise_weights',
    'decoder/feature_projection0/weights',
  ]) {
    expect(xception, name).toContain(name);
  }
  const resNet = named('deeplabv3plus-resnet101beta-plain-dec8,4');
  for (const name of [
    'resnet_v1_101/conv1_3/weights',
    'resnet_v1_101/block1/unit_1/bottleneck_v1/shortcut/weights',
    'resnet_v1_101/block3/unit_23/bottleneck_v1/conv2/BatchNorm/moving_mean',
    'aspp1/weights',
    'decoder/decoder_conv0/decoder_conv0_1/weights',
    'decoder/decoder_conv0_1/decoder_conv0_1_2/weights',
    'decoder/feature_projection0_1/weights',
  ]) {
    expect(resNet, name).toContain(name);
  }
  const v3 = named('lraspp-mobilenetv3large');
  for (const name of [
    'MobilenetV3/Conv_1/weights',
    'MobilenetV3/expanded_conv_3/squeeze_excite/Conv_1/biases',
    'image_pooling/biases',
    'aspp0/BatchNorm/beta',
    'decoder/decoder_conv0/biases',
    'decoder/feature_projection0/weights',
  ]) {
    expect(v3, name).toContain(name);
  }
  expect([...v3].some((name) => name.startsWith('logits') || name.includes('concat'))).toBe(false);
  const cell = named('deeplabv3plusdpc-xception71');
  expect(cell).toContain('meta_architecture/branch4_depthwise/depthwise_weights');
  expect(cell).toContain('meta_architecture/concat_projection/weights');
  const summed = named('deeplabv2-resnet101');
  expect(summed).toContain('logits/semantic/weights');
  expect(summed).toContain('logits/semantic_3/biases');
});

it('gives the dense prediction cell different rates along height and width', () => {
  const rates = (name: string) =>
    [0, 1, 2, 3, 4].map(
      (branch) => convolution(built(name), `meta_architecture/branch${branch}_depthwise`).dilations,
    );
  const published = [
    [1, 6],
    [18, 15],
    [6, 3],
    [1, 1],
    [6, 21],
  ];
  expect(rates('deeplabv3dpc-resnet18beta')).toEqual(published);
  expect(rates('deeplabv3dpc-resnet18beta-os8')).toEqual(
    published.map((pair) => pair.map((rate) => 2 * rate)),
  );
});

it('wants pixels from -1 to 1, or less their means', () => {
  const means = Object.fromEntries(
    backboneNames.map((name) => [name, `${backbones[name].pixels.mean}`]),
  );
  const imageNet = '123.15,115.9,103.06';
  for (const [name, mean] of Object.entries(means)) {
    const expected =
      name === 'vgg-16'
        ? '122.675,116.669,104.008'
        : name.endsWith('torchvision')
          ? '123.675,116.28,103.53'
          : ['resnet-50', 'resnet-101'].includes(name)
            ? imageNet
            : '127.5,127.5,127.5';
    expect(mean, name).toBe(expected);
  }
});

it('refuses a head that a backbone cannot have', () => {
  const cascade = networkName(settingsOf('xception-41', 'v3-cascade'));
  expect(() => built(cascade)).toThrow(/expected a ResNet/);
  expect(() => built('deeplabv3plus-mobilenetv2-dec4,8')).toThrow(/descend/);
  expect(() => built('deeplabv3plus-mobilenetv2-dec5')).toThrow(/no low-level features .* 5/);
});
