/** What can be saved of a segmented picture. */
export const outputKinds = ['overlay', 'mask', 'json', 'probabilities'] as const;

export type OutputKind = (typeof outputKinds)[number];

const endings: Readonly<Record<OutputKind, string>> = {
  overlay: '.overlay.png',
  mask: '.mask.png',
  json: '.json',
  probabilities: '.probabilities.npy',
};

/** File name of an output. */
export function outputName(name: string, kind: OutputKind): string {
  return `${name}${endings[kind]}`;
}

/** Whether a file's name is that of a picture among the outputs. */
export function isOutputPicture(name: string): boolean {
  return name.endsWith(endings.overlay) || name.endsWith(endings.mask);
}
