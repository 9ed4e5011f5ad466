import { z } from 'zod';
import { count, interval, notNegative, positive, share } from './value-ranges.js';

const adam = {
  beta1: share.default(0.9).describe('Share of the mean of gradients that each step keeps.'),
  beta2: share.default(0.999).describe('The same of the mean of their squares.'),
  epsilon: positive.default(1e-8).describe('Added to the root of that mean.'),
};

export const optimizer = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('sgd'),
    momentum: share.default(0.9).describe('Share of the velocity that each step keeps.'),
    nesterov: z.boolean().default(false).describe('Looks ahead along the velocity.'),
  }),
  z.strictObject({ kind: z.literal('adam'), ...adam }),
  z
    .strictObject({ kind: z.literal('adamw'), ...adam })
    .describe('Adam with the decay of weights apart from the gradient.'),
]);

const end = notNegative.default(0).describe('Rate that the schedule ends at.');
const factor = positive.default(0.1).describe('What the rate is multiplied by.');

const schedule = z.discriminatedUnion('kind', [
  z
    .strictObject({
      kind: z.literal('poly'),
      power: positive.default(0.9).describe('1 is a straight line.'),
      end,
    })
    .describe('end + (base - end) (1 - step / steps)^power'),
  z
    .strictObject({
      kind: z.literal('step'),
      every: count.default(2000).describe('Steps between two falls.'),
      factor,
    })
    .describe('Falls every so many steps.'),
  z
    .strictObject({
      kind: z.literal('multi-step'),
      at: z.array(count).min(1).describe('The steps at which it falls.'),
      factor,
    })
    .describe('Falls at some steps.'),
  z.strictObject({ kind: z.literal('cosine'), end }).describe('Half a cosine from base to end.'),
  z.strictObject({ kind: z.literal('constant') }),
]);

const rateFactor = notNegative.default(1);

const factors = z
  .strictObject({
    backbone: rateFactor,
    head: rateFactor,
    decoder: rateFactor,
    logits: rateFactor,
  })
  .refine((each) => Object.values(each).some((value) => value > 0), 'expected one above 0');

const slowStart = z.strictObject({
  steps: interval.default(0).describe('Steps that it takes, fewer than the run has; 0 for none.'),
  rate: positive.default(1e-4).describe('The rate at its start.'),
  kind: z
    .enum(['constant', 'linear'])
    .default('constant')
    .describe('Whether the rate stays or rises to the base.'),
});

export const learningRate = z.strictObject({
  base: positive.exactOptional().describe('Rate at the start; 1e-4 for sgd, 1e-3 for adam, adamw.'),
  schedule: schedule.prefault({ kind: 'poly' }).describe('How the rate falls over the steps.'),
  factors: factors
    .prefault({})
    .describe('By part of the network; one with 0 stays as it is, batch norm too.'),
  slowStart: slowStart.prefault({}).describe('Other rates for the first steps.'),
});

const weight = positive.default(1).describe('Factor in the sum of losses.');
const classWeights = z
  .array(notNegative)
  .min(1)
  .exactOptional()
  .describe('A factor for each class; all 1 unless set.');

const hardPixels = z.strictObject({
  share: share.gt(0).describe('Share of the pixels that counts in the end.'),
  rampSteps: interval.default(0).describe('Steps over which the share falls from 1 to it.'),
});

export const loss = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('cross-entropy'),
    weight,
    classWeights,
    labelSmoothing: share.default(0).describe('Share of the target spread evenly over classes.'),
    hardPixels: hardPixels
      .exactOptional()
      .describe('Only the pixels with the largest losses count; in one loss at most.'),
  }),
  z.strictObject({
    kind: z.literal('dice'),
    weight,
    smooth: notNegative.default(1).describe('Added above and below the fraction.'),
  }),
  z.strictObject({
    kind: z.literal('focal'),
    weight,
    gamma: notNegative.default(2).describe('0 is plain cross-entropy.'),
    classWeights,
  }),
  z.strictObject({ kind: z.literal('lovasz'), weight }),
]);
