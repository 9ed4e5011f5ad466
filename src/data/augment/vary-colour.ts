import type { Augmentation } from './draw.js';

/** The part of a crop that shows the picture. */
export interface CropPart {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Luma of red, green and blue (ITU-R BT.601), also the Y of YIQ. */
const luma = [0.299, 0.587, 0.114] as const;

/**
 * Varies brightness, contrast, saturation and hue, in this order, of a part of a crop in place.
 *
 * Each of the four is linear in the colour: brightness b scales; contrast c scales the distance
 * from the mean luma; saturation s that from the pixel's own luma; hue turns the I and Q of YIQ (a
 * turn about the grey axis, not that of HSV). So all are one matrix and one offset per picture, one
 * pass, and samples are clamped to 0 to 255 once, at the end.
 *
 * @param crop rows of `width` RGB pixels in floats.
 */
export function varyColour(
  crop: Float32Array,
  width: number,
  part: CropPart,
  drawn: Pick<Augmentation, 'brightness' | 'contrast' | 'saturation' | 'hue'>,
): void {
  const { brightness, contrast, saturation, hue } = drawn;
  if (brightness === 1 && contrast === 1 && saturation === 1 && hue === 0) return;
  const gain = brightness * contrast;
  const offset = contrast === 1 ? 0 : (1 - contrast) * brightness * meanLuma(crop, width, part);
  const [redRed, redGreen, redBlue, greenRed, greenGreen, greenBlue, blueRed, blueGreen, blueBlue] =
    colourMatrix(saturation, hue).map((weight) => weight * gain) as Matrix;
  for (let y = part.top; y < part.bottom; y++) {
    const end = (y * width + part.right) * 3;
    for (let at = (y * width + part.left) * 3; at < end; at += 3) {
      const red = crop[at] as number;
      const green = crop[at + 1] as number;
      const blue = crop[at + 2] as number;
      crop[at] = clamp(redRed * red + redGreen * green + redBlue * blue + offset);
      crop[at + 1] = clamp(greenRed * red + greenGreen * green + greenBlue * blue + offset);
      crop[at + 2] = clamp(blueRed * red + blueGreen * green + blueBlue * blue + offset);
    }
  }
}

type Matrix = [number, number, number, number, number, number, number, number, number];

/** The axes I and Q of YIQ (FCC, 1953) by red, green, blue, and red, green, blue by I and Q. */
const [inPhase, quadrature] = [
  [0.5959, -0.2746, -0.3213],
  [0.2115, -0.5227, 0.3112],
] as const;
const fromYiq = [
  [0.9560502, 0.6207549],
  [-0.2720523, -0.6472057],
  [-1.1067043, 1.7044213],
] as const;

/**
 * Saturation, then the turn of the hue, by rows: output channel i = luma + s * (its I and Q parts,
 * turned). Grey stays grey.
 */
function colourMatrix(saturation: number, hue: number): number[] {
  if (hue === 0) {
    return [0, 1, 2].flatMap((row) =>
      luma.map((weight, column) => (1 - saturation) * weight + (row === column ? saturation : 0)),
    );
  }
  const [cos, sin] = [saturation * Math.cos(hue), saturation * Math.sin(hue)];
  return fromYiq.flatMap(([byI, byQ]) =>
    luma.map((weight, column) => {
      const i = inPhase[column] as number;
      const q = quadrature[column] as number;
      return weight + byI * (cos * i - sin * q) + byQ * (sin * i + cos * q);
    }),
  );
}

function meanLuma(crop: Float32Array, width: number, part: CropPart): number {
  const [byRed, byGreen, byBlue] = luma;
  let sum = 0;
  for (let y = part.top; y < part.bottom; y++) {
    const end = (y * width + part.right) * 3;
    for (let at = (y * width + part.left) * 3; at < end; at += 3) {
      sum +=
        byRed * (crop[at] as number) +
        byGreen * (crop[at + 1] as number) +
        byBlue * (crop[at + 2] as number);
    }
  }
  return sum / Math.max(1, (part.right - part.left) * (part.bottom - part.top));
}

function clamp(sample: number): number {
  return sample < 0 ? 0 : sample > 255 ? 255 : sample;
}
