import type { Value } from '../../graph/graph.js';
import type { BatchNormSettings, Layers } from '../layers.js';
import type { Initial } from '../parameters.js';
import { subsample } from '../pooling.js';

export interface ResidualUnitSettings {
  /** Of the block that the unit stands in. */
  readonly scope: string;
  /** Channels of the 3x3 convolutions. */
  readonly filters: number;
  readonly stride: number;
  readonly rate: number;
  readonly batchNorm: BatchNormSettings;
  readonly initial: Initial;
}

/** Adds a unit and gives its output, and the residual before the shortcut is added. */
export type ResidualUnit = (
  layers: Layers,
  x: Value,
  settings: ResidualUnitSettings,
) => { readonly x: Value; readonly residual: Value };

/** Three convolutions, 1x1, 3x3 and 1x1, to four times the channels (He et al. 2016, figure 5). */
export const bottleneck: ResidualUnit = (layers, input, settings) => {
  const { filters, stride, rate, batchNorm, initial } = settings;
  const scope = `${settings.scope}/bottleneck_v1`;
  const usual = { batchNorm, initial };
  const relu = { filters, activation: 'relu', ...usual } as const;
  const spatial = { kernel: 3, stride, rate, padding: 'fixed' } as const;
  const narrow = layers.convolution(input, `${scope}/conv1`, 'backbone', relu);
  const inner = layers.convolution(narrow, `${scope}/conv2`, 'backbone', { ...relu, ...spatial });
  const wide = { filters: 4 * filters, ...usual };
  const residual = layers.convolution(inner, `${scope}/conv3`, 'backbone', wide);
  return joined(layers, input, residual, scope, settings);
};

/** Two 3x3 convolutions. */
export const liteBottleneck: ResidualUnit = (layers, input, settings) => {
  const { filters, stride, rate, batchNorm, initial } = settings;
  const scope = `${settings.scope}/lite_bottleneck_v1`;
  const own = { filters, kernel: 3, rate, padding: 'fixed', batchNorm, initial } as const;
  const first = { ...own, activation: 'relu' } as const;
  const inner = layers.convolution(input, `${scope}/conv1`, 'backbone', first);
  const residual = layers.convolution(inner, `${scope}/conv2`, 'backbone', { ...own, stride });
  return joined(layers, input, residual, scope, settings);
};

/** The sum of input and residual, by a 1x1 convolution where their channels differ, after a relu. */
function joined(
  layers: Layers,
  input: Value,
  residual: Value,
  scope: string,
  { stride, batchNorm, initial }: ResidualUnitSettings,
): ReturnType<ResidualUnit> {
  const filters = residual.shape[1] ?? 0;
  const name = `${scope}/shortcut`;
  const shortcut =
    input.shape[1] === filters
      ? subsample(layers, input, name, stride)
      : layers.convolution(input, name, 'backbone', { filters, stride, batchNorm, initial });
  const sum = layers.builder.add('Add', [shortcut, residual], {}, { name: `${scope}/sum` });
  return { x: layers.activate(sum, { activation: 'relu' }), residual };
}
