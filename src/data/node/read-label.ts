import { FormatError } from '../../core/errors.js';
import { type LabelMap, labelMap } from '../../image/index.js';
import { type PngPicture, readPng } from '../../image/node/png/read-png.js';
import { colourTable, formatColour, type LabelCoding, packColour } from '../label-coding.js';

/**
 * Decodes a label file: the class index of every pixel.
 *
 * Palette PNGs: the palette index. Grey PNGs of 1 to 16 bits: the stored value. RGB PNGs of 8 bits:
 * the class whose colour it is. Alpha is accepted where it is opaque everywhere.
 *
 * @param file the file's content.
 * @param place what errors call it.
 * @throws FormatError where the file cannot be read, or naming the colours that no class has, how
 *   many pixels have them and where the first one is.
 */
export function readLabel(file: Uint8Array, coding: LabelCoding, place: string): LabelMap {
  const png = readPng(file, place);
  switch (png.kind) {
    case 'grey':
    case 'palette':
      return labelMap(png.width, png.height, mapValues(narrow(png.samples), coding.values));
    case 'grey-alpha':
      return labelMap(png.width, png.height, mapValues(narrow(opaque(png, place)), coding.values));
    case 'rgb':
      return fromColours(png, png.samples, coding, place);
    case 'rgba':
      return fromColours(png, opaque(png, place), coding, place);
  }
}

/** 16-bit samples as bytes where all of them fit. */
function narrow(samples: Uint8Array | Uint16Array): Uint8Array | Uint16Array {
  if (samples instanceof Uint8Array) return samples;
  return samples.every((value) => value <= 255) ? Uint8Array.from(samples) : samples;
}

function mapValues(
  samples: Uint8Array | Uint16Array,
  values: readonly number[] | undefined,
): Uint8Array | Uint16Array {
  if (values === undefined) return samples;
  const table = Uint16Array.from(
    { length: samples instanceof Uint8Array ? 256 : 65_536 },
    (_, value) => values[value] ?? value,
  );
  for (let i = 0; i < samples.length; i++) {
    samples[i] = table[samples[i] as number] as number;
  }
  return samples;
}

/** The samples without their last channel, which has to be opaque. */
function opaque(png: PngPicture, place: string): Uint8Array | Uint16Array {
  const { channels, samples, bitDepth } = png;
  const kept = channels - 1;
  const count = png.width * png.height;
  const full = 2 ** bitDepth - 1;
  const colours =
    samples instanceof Uint8Array ? new Uint8Array(count * kept) : new Uint16Array(count * kept);
  for (let pixel = 0; pixel < count; pixel++) {
    if (samples[pixel * channels + kept] !== full) {
      throw new FormatError({
        place,
        problem: 'a label map with transparent pixels',
        found: `the first at ${position(pixel, png.width)}`,
        fix: 'save it without an alpha channel',
      });
    }
    for (let i = 0; i < kept; i++) {
      colours[pixel * kept + i] = samples[pixel * channels + i] as number;
    }
  }
  return colours;
}

const tables = new WeakMap<LabelCoding, ReadonlyMap<number, number>>();

function tableOf(coding: LabelCoding, place: string): ReadonlyMap<number, number> {
  const known = tables.get(coding);
  if (known !== undefined) return known;
  if (coding.colours === undefined) {
    throw new FormatError({
      place,
      problem: 'an RGB label map, but the colours of the classes are not known',
      expected: 'a grey or palette PNG whose values are class indices',
      fix: 'give the colours as "palette" in dataset.json',
    });
  }
  const table = colourTable(coding.colours, place);
  tables.set(coding, table);
  return table;
}

function fromColours(
  png: PngPicture,
  samples: Uint8Array | Uint16Array,
  coding: LabelCoding,
  place: string,
): LabelMap {
  if (png.bitDepth !== 8) {
    throw new FormatError({
      place,
      problem: 'an RGB label map of 16 bits',
      expected: '8 bits a channel, or grey',
    });
  }
  const { width, height } = png;
  const table = tableOf(coding, place);
  const wide = [...table.values()].some((value) => value > 255);
  const labels = wide ? new Uint16Array(width * height) : new Uint8Array(width * height);
  const unknown = new UnknownColours(width);
  let colour = -1;
  let value: number | undefined;
  for (let pixel = 0; pixel < labels.length; pixel++) {
    const at = pixel * 3;
    const packed = packColour(
      samples[at] as number,
      samples[at + 1] as number,
      samples[at + 2] as number,
    );
    // Neighbours mostly share their colour.
    if (packed !== colour) {
      colour = packed;
      value = table.get(packed);
    }
    if (value === undefined) unknown.add(packed, pixel);
    else labels[pixel] = value;
  }
  unknown.refuse(place, table);
  return labelMap(width, height, labels);
}

/** Most distinct unknown colours that are counted; a photograph has tens of thousands. */
const countedColours = 4096;

/** Collects the colours that no class has. */
class UnknownColours {
  private readonly width: number;
  private readonly counts = new Map<number, number>();
  private readonly first = new Map<number, number>();
  private pixels = 0;

  constructor(width: number) {
    this.width = width;
  }

  add(colour: number, pixel: number): void {
    this.pixels++;
    const count = this.counts.get(colour);
    if (count === undefined) {
      if (this.counts.size >= countedColours) return;
      this.first.set(colour, pixel);
    }
    this.counts.set(colour, (count ?? 0) + 1);
  }

  /** @throws FormatError where there are any. */
  refuse(place: string, table: ReadonlyMap<number, number>): void {
    if (this.pixels === 0) return;
    const ranked = [...this.counts].sort((a, b) => b[1] - a[1]);
    const named = ranked.slice(0, 3).map(([colour, count]) => {
      const at = position(this.first.get(colour) ?? 0, this.width);
      return `${formatColour(colour)} ${count} times, first at ${at}`;
    });
    const more = ranked.length - named.length;
    const rest = more === 0 ? '' : `, and ${more}${isFull(ranked.length)} more colours`;
    const grey = ranked.every(([colour]) => colour === (colour & 255) * 0x010101);
    throw new FormatError({
      place,
      problem: `${this.pixels} pixels have colours that no class has`,
      expected: `one of the ${table.size} colours of the dataset's palette`,
      found: `${named.join('; ')}${rest}`,
      fix: grey
        ? 'where the grey values are class indices, save the file as a grey PNG'
        : 'add the colours to the palette or repaint the pixels without blending',
    });
  }
}

function isFull(count: number): string {
  return count >= countedColours ? ' or' : '';
}

function position(pixel: number, width: number): string {
  return `x ${pixel % width}, y ${Math.floor(pixel / width)}`;
}
