/** Kinds of picture file that are decoded. */
export type PictureFormat = 'jpeg' | 'png' | 'webp' | 'gif' | 'tiff' | 'avif';

/** Files that are recognised only to say why they are refused. */
export type RefusedFormat = 'svg' | 'pdf' | 'bmp' | 'heic' | 'jpeg xl' | 'text';

/** Bytes from a file's start that `sniffFormat` looks at. */
export const sniffedLength = 256;

/**
 * Tells a picture's format from its first bytes, never from its name: what is not known here never
 * reaches a decoder.
 */
export function sniffFormat(head: Uint8Array): PictureFormat | RefusedFormat | undefined {
  for (const { format, at, bytes } of signatures) {
    if (bytes.every((byte, i) => head[at + i] === byte)) return format;
  }
  const latin = String.fromCharCode(...head.subarray(0, sniffedLength));
  if (latin.slice(4, 8) === 'ftyp') {
    const brands = latin.slice(8, 64);
    if (/avi[fs]/.test(brands)) return 'avif';
    if (/hei[cxms]|mif1/.test(brands)) return 'heic';
  }
  if (/^\s*(\xef\xbb\xbf)?\s*(<\?xml|<svg|<!DOCTYPE svg)/i.test(latin)) return 'svg';
  if (/^[\t\n\r\x20-\x7e]+$/.test(latin)) return 'text';
  return undefined;
}

interface Signature {
  readonly format: PictureFormat | RefusedFormat;
  readonly at: number;
  readonly bytes: readonly number[];
}

const signatures: readonly Signature[] = [
  { format: 'jpeg', at: 0, bytes: [0xff, 0xd8, 0xff] },
  { format: 'png', at: 0, bytes: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] },
  { format: 'gif', at: 0, bytes: ascii('GIF8') },
  { format: 'webp', at: 8, bytes: ascii('WEBP') },
  { format: 'tiff', at: 0, bytes: [0x49, 0x49, 0x2a, 0x00] },
  { format: 'tiff', at: 0, bytes: [0x4d, 0x4d, 0x00, 0x2a] },
  { format: 'tiff', at: 0, bytes: [0x49, 0x49, 0x2b, 0x00] },
  { format: 'tiff', at: 0, bytes: [0x4d, 0x4d, 0x00, 0x2b] },
  { format: 'pdf', at: 0, bytes: ascii('%PDF') },
  { format: 'bmp', at: 0, bytes: ascii('BM') },
  { format: 'jpeg xl', at: 0, bytes: [0xff, 0x0a] },
  { format: 'jpeg xl', at: 4, bytes: ascii('JXL ') },
];

function ascii(text: string): number[] {
  return [...text].map((character) => character.charCodeAt(0));
}
