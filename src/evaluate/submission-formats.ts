/** The benchmarks in whose format predictions can be written. */
export const submissionFormats = ['voc', 'cityscapes'] as const;

export type SubmissionFormat = (typeof submissionFormats)[number];
