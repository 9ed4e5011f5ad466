import { v3Cascade } from './cascade.js';
import { v3Dpc, v3PlusDpc } from './dense-prediction-cell.js';
import type { Head } from './head.js';
import { v1, v1MultiScale } from './large-fov.js';
import { lrAspp } from './lr-aspp.js';
import { v2, v2FullyConnected } from './summed-aspp.js';
import { lrAsppTorchvision, v3Torchvision } from './torchvision.js';
import { v3, v3Plus } from './v3.js';

/** Every head, by the name that settings call it. A new one is a file and a line here. */
const registry = {
  v1,
  'v1-msc': v1MultiScale,
  v2,
  'v2-fc': v2FullyConnected,
  v3,
  'v3-cascade': v3Cascade,
  'v3-dpc': v3Dpc,
  'v3-torchvision': v3Torchvision,
  'v3+': v3Plus,
  'v3+dpc': v3PlusDpc,
  'lr-aspp': lrAspp,
  'lr-aspp-torchvision': lrAsppTorchvision,
} as const satisfies Readonly<Record<string, Head>>;

export type HeadName = keyof typeof registry;

export const heads: Readonly<Record<HeadName, Head>> = registry;

export const headNames = Object.keys(registry) as readonly HeadName[];
