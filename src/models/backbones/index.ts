import type { Backbone } from './backbone.js';
import { mobileNetEdgeTpu } from './mobilenet-edgetpu.js';
import { mobileNetV2 } from './mobilenet-v2.js';
import {
  mobileNetV3Large,
  mobileNetV3LargeMinimalistic,
  mobileNetV3Small,
  mobileNetV3SmallMinimalistic,
} from './mobilenet-v3.js';
import { mobileNetV3LargeTorchvision } from './mobilenet-v3-torchvision.js';
import { resNet18Beta, resNet50, resNet50Beta, resNet101, resNet101Beta } from './resnet.js';
import { resNet50Torchvision, resNet101Torchvision } from './resnet-torchvision.js';
import { vgg16 } from './vgg.js';
import { xception41, xception65, xception71 } from './xception.js';

/** Every backbone, by the name that settings call it. A new one is a file and a line here. */
const registry = {
  'mobilenet-v2': mobileNetV2,
  'mobilenet-v3-large': mobileNetV3Large,
  'mobilenet-v3-large-minimalistic': mobileNetV3LargeMinimalistic,
  'mobilenet-v3-large-torchvision': mobileNetV3LargeTorchvision,
  'mobilenet-v3-small': mobileNetV3Small,
  'mobilenet-v3-small-minimalistic': mobileNetV3SmallMinimalistic,
  'mobilenet-edgetpu': mobileNetEdgeTpu,
  'resnet-18-beta': resNet18Beta,
  'resnet-50': resNet50,
  'resnet-50-beta': resNet50Beta,
  'resnet-50-torchvision': resNet50Torchvision,
  'resnet-101': resNet101,
  'resnet-101-beta': resNet101Beta,
  'resnet-101-torchvision': resNet101Torchvision,
  'vgg-16': vgg16,
  'xception-41': xception41,
  'xception-65': xception65,
  'xception-71': xception71,
} as const satisfies Readonly<Record<string, Backbone>>;

export type BackboneName = keyof typeof registry;

export const backbones: Readonly<Record<BackboneName, Backbone>> = registry;

export const backboneNames = Object.keys(registry) as readonly BackboneName[];
