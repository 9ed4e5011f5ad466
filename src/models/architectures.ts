import { parseNetworkName } from './names.js';
import { type NetworkCost, networkCost } from './network-cost.js';

/** Multiply-adds as they were published, in billions. */
export interface PublishedCost {
  readonly multiplyAdds: number;
  /** Of the input; 513x513 unless told. */
  readonly width?: number;
  readonly height?: number;
}

/** A network of the papers, of TensorFlow's release or of torchvision. */
export interface Architecture {
  readonly name: string;
  /** Where it comes from. */
  readonly origin: string;
  readonly published?: PublishedCost;
}

const cityscapes = { width: 2049, height: 1025 } as const;

/** The architectures of the four papers, of the release and of torchvision, each by its name. */
export const architectures: readonly Architecture[] = [
  { name: 'deeplabv1-vgg16', origin: 'v1, DeepLab-LargeFOV' },
  { name: 'deeplabv1msc-vgg16', origin: 'v1, DeepLab-MSc-LargeFOV' },
  { name: 'deeplabv2fc-vgg16-rates2,4,8,12', origin: 'v2, ASPP-S' },
  { name: 'deeplabv2fc-vgg16', origin: 'v2, ASPP-L' },
  { name: 'deeplabv2-resnet101', origin: 'v2, ASPP' },
  { name: 'deeplabv2-resnet101-scales0.5,0.75,1', origin: 'v2, ASPP and MSC' },
  { name: 'deeplabv3cascade-resnet50-mg1,2,4', origin: 'v3, block7' },
  { name: 'deeplabv3cascade-resnet101-mg1,2,1', origin: 'v3, block7, its best cascade' },
  { name: 'deeplabv3-resnet50-mg1,2,4-plain', origin: 'v3, ASPP' },
  { name: 'deeplabv3-resnet101-mg1,2,4-plain', origin: 'v3, ASPP' },
  {
    name: 'deeplabv3-resnet101beta-mg1,2,4-plain',
    origin: 'v3+, ResNet-101 without decoder',
    published: { multiplyAdds: 81.02 },
  },
  {
    name: 'deeplabv3-resnet101beta-os8-mg1,2,4-plain',
    origin: 'v3+, ResNet-101 without decoder',
    published: { multiplyAdds: 276.18 },
  },
  {
    name: 'deeplabv3plus-resnet101beta-plain',
    origin: 'v3+, ResNet-101',
    published: { multiplyAdds: 101.28 },
  },
  {
    name: 'deeplabv3plus-resnet101beta-os8-mg1,2,4-plain',
    origin: 'v3+, ResNet-101',
    published: { multiplyAdds: 297.92 },
  },
  { name: 'deeplabv3plus-resnet18beta', origin: 'release' },
  { name: 'deeplabv3plus-resnet50beta-mg1,2,4', origin: 'release' },
  { name: 'deeplabv3plus-resnet101beta-mg1,2,4', origin: 'release' },
  { name: 'deeplabv3plus-xception41', origin: 'release' },
  {
    name: 'deeplabv3-xception65-plain',
    origin: 'v3+, Xception without decoder',
    published: { multiplyAdds: 68.0 },
  },
  {
    name: 'deeplabv3-xception65-os8-plain',
    origin: 'v3+, Xception without decoder',
    published: { multiplyAdds: 240.85 },
  },
  {
    name: 'deeplabv3plus-xception65-plain',
    origin: 'v3+, Xception',
    published: { multiplyAdds: 89.76 },
  },
  {
    name: 'deeplabv3plus-xception65-os8-plain',
    origin: 'v3+, Xception',
    published: { multiplyAdds: 262.59 },
  },
  {
    name: 'deeplabv3plus-xception65',
    origin: 'release, xception65_coco_voc',
    published: { multiplyAdds: 54.17 },
  },
  {
    name: 'deeplabv3plus-xception65-os8',
    origin: 'release, xception65_coco_voc',
    published: { multiplyAdds: 177.1 },
  },
  {
    name: 'deeplabv3plus-xception65-classes19',
    origin: 'release, xception65_cityscapes',
    published: { multiplyAdds: 418.64, ...cityscapes },
  },
  {
    name: 'deeplabv3plusdpc-xception71-classes19',
    origin: 'release, xception71_dpc_cityscapes',
    published: { multiplyAdds: 502.07, ...cityscapes },
  },
  {
    name: 'deeplabv3-mobilenetv2',
    origin: 'release, mobilenetv2_coco_voc',
    published: { multiplyAdds: 2.75 },
  },
  {
    name: 'deeplabv3-mobilenetv2-dm0.5',
    origin: 'release, mobilenetv2_dm05_coco_voc',
    published: { multiplyAdds: 0.88 },
  },
  {
    name: 'deeplabv3-mobilenetv2-os8-dm0.5',
    origin: 'release, mobilenetv2_dm05_coco_voc',
    published: { multiplyAdds: 2.84 },
  },
  {
    name: 'deeplabv3-mobilenetv2-classes19',
    origin: 'release, mobilenetv2_coco_cityscapes',
    published: { multiplyAdds: 21.27, ...cityscapes },
  },
  { name: 'deeplabv3plus-mobilenetv2', origin: 'release, mobilenetv2_ade20k' },
  { name: 'deeplabv1-mobilenetv2', origin: 'v1 on MobileNetV2' },
  { name: 'deeplabv2-mobilenetv2', origin: 'v2 on MobileNetV2' },
  {
    name: 'lraspp-mobilenetv3large-classes19',
    origin: 'release, mobilenetv3_large_cityscapes',
    published: { multiplyAdds: 15.95, ...cityscapes },
  },
  {
    name: 'lraspp-mobilenetv3small-classes19',
    origin: 'release, mobilenetv3_small_cityscapes',
    published: { multiplyAdds: 4.63, ...cityscapes },
  },
  { name: 'lraspp-mobilenetv3largeminimalistic-classes19', origin: 'MobileNetV3 without extras' },
  { name: 'lraspp-mobilenetv3smallminimalistic-classes19', origin: 'MobileNetV3 without extras' },
  {
    name: 'deeplabv3-mobilenetedgetpu-os32-classes19',
    origin: 'release, EdgeTPU-DeepLab',
    published: { multiplyAdds: 5.6 },
  },
  {
    name: 'deeplabv3-mobilenetedgetpu-classes19',
    origin: 'release, EdgeTPU-DeepLab',
    published: { multiplyAdds: 7.1 },
  },
  {
    name: 'deeplabv3-mobilenetedgetpu-os32-dm0.75-filters128-classes19',
    origin: 'release, EdgeTPU-DeepLab-slim',
    published: { multiplyAdds: 3.5 },
  },
  {
    name: 'deeplabv3-mobilenetedgetpu-dm0.75-filters128-classes19',
    origin: 'release, EdgeTPU-DeepLab-slim',
    published: { multiplyAdds: 4.3 },
  },
  {
    name: 'deeplabv3torchvision-resnet50torchvision-os8',
    origin: 'torchvision, deeplabv3_resnet50',
  },
  {
    name: 'deeplabv3torchvision-resnet101torchvision-os8',
    origin: 'torchvision, deeplabv3_resnet101',
  },
  {
    name: 'deeplabv3torchvision-mobilenetv3largetorchvision',
    origin: 'torchvision, deeplabv3_mobilenet_v3_large',
  },
  {
    name: 'lraspptorchvision-mobilenetv3largetorchvision',
    origin: 'torchvision, lraspp_mobilenet_v3_large',
  },
];

/** Side of the pictures that costs are compared at. */
export const comparedSide = 513;

/** An architecture with what it costs at 513x513. */
export interface MeasuredArchitecture extends Architecture {
  readonly cost: NetworkCost;
  /** Multiply-adds at the size of the published figure, counted as that was. */
  readonly asPublished?: number;
}

/** What an architecture costs. */
export function measured(architecture: Architecture): MeasuredArchitecture {
  const settings = parseNetworkName(architecture.name);
  const usual = { width: comparedSide, height: comparedSide };
  const cost = networkCost(settings, usual);
  const { published } = architecture;
  if (published === undefined) return { ...architecture, cost };
  const { width = comparedSide, height = comparedSide } = published;
  const isUsual = width === comparedSide && height === comparedSide;
  const theirs = isUsual ? cost : networkCost(settings, { width, height });
  return { ...architecture, cost, asPublished: theirs.paddedMultiplyAdds };
}
