import type { NetworkPart } from '../../models/parameters.js';

/** Factors on the learning rate, by part of the network; a part with 0 stays as it is. */
export type RateFactors = Readonly<Record<NetworkPart, number>>;

interface WithFactors {
  readonly rateFactors?: RateFactors;
}

/** Factor on the learning rate of a part's parameters; 1 unless told. */
export function rateFactor({ rateFactors }: WithFactors, part: NetworkPart): number {
  return rateFactors?.[part] ?? 1;
}

/** Whether a step moves a parameter; where it does not, no gradient is computed for it. */
export function isTrained(
  settings: WithFactors,
  { part }: { readonly part: NetworkPart },
): boolean {
  return rateFactor(settings, part) > 0;
}

/** How batch norm computes in each part: a part that stays as it is keeps its statistics too. */
export function batchNormOf(
  settings: WithFactors & { readonly batchNorm: 'batch' | 'frozen' },
): Readonly<Record<NetworkPart, 'batch' | 'frozen'>> {
  const of = (part: NetworkPart) =>
    rateFactor(settings, part) > 0 ? settings.batchNorm : ('frozen' as const);
  return {
    backbone: of('backbone'),
    head: of('head'),
    decoder: of('decoder'),
    logits: of('logits'),
  };
}
