import type { Random } from '../../src/core/random.js';
import type { LabelMap, Rgb, RgbImage } from '../../src/image/index.js';
import { type Figure, figures } from './figures.js';

/** Class names; the index is the label value. */
export const labels = ['background', ...Object.keys(figures)];

/** Colours that labels are shown in. */
export const palette: readonly Rgb[] = [
  [0, 0, 0],
  [230, 80, 70],
  [70, 150, 230],
  [90, 190, 90],
  [240, 190, 60],
];

/** A picture and the class of each of its pixels. */
export interface Scene {
  readonly image: RgbImage;
  readonly label: LabelMap;
}

/** A colour for every place. */
type Paint = (x: number, y: number) => Rgb;

interface PlacedFigure {
  readonly label: number;
  readonly covers: Figure;
  readonly paint: Paint;
}

/** Standard deviation of the noise on every sample of a picture. */
const noise = 8;

/** Hue of each kind of figure, and how far it may be from that, in turns of the colour circle. */
const hues = [0, 0.6, 0.35, 0.15];
const hueSpread = 0.06;

/** Subpixels along each side of a pixel. */
const fine = 2;

/** Draws two to four textured figures, some in front of others, on a textured ground. */
export function drawScene(size: number, random: Random): Scene {
  const ground = texture(groundColour(random), 40, random);
  const placed = Array.from({ length: random.integer(2, 4) }, () => placeFigure(size, random));
  const topmost = (x: number, y: number) => placed.findLast(({ covers }) => covers(x, y));
  const image = new Uint8ClampedArray(size * size * 3);
  const label = new Uint8Array(size * size);
  for (let pixel = 0; pixel < size * size; pixel++) {
    const [x, y] = [pixel % size, Math.floor(pixel / size)];
    const sums = [0, 0, 0];
    let paint: Paint | undefined;
    let colour: Rgb = [0, 0, 0];
    for (let part = 0; part < fine * fine; part++) {
      const px = x + ((part % fine) + 0.5) / fine;
      const py = y + (Math.floor(part / fine) + 0.5) / fine;
      const seen = topmost(px, py)?.paint ?? ground;
      if (seen !== paint) colour = seen(x, y);
      paint = seen;
      for (const channel of [0, 1, 2])
        sums[channel] = (sums[channel] ?? 0) + (colour[channel] ?? 0);
    }
    for (const [channel, sum] of sums.entries()) {
      image[pixel * 3 + channel] = sum / fine ** 2 + noise * random.normal();
    }
    label[pixel] = topmost(x + 0.5, y + 0.5)?.label ?? 0;
  }
  return {
    image: { width: size, height: size, data: image },
    label: { width: size, height: size, data: label },
  };
}

function placeFigure(size: number, random: Random): PlacedFigure {
  const kinds = Object.values(figures);
  const kind = random.integer(0, kinds.length - 1);
  const figure: Figure = kinds[kind] ?? figures.circle;
  const radius = size * (0.16 + 0.15 * random.uniform());
  const [left, top] = [random.uniform() * size, random.uniform() * size];
  const angle = 2 * Math.PI * random.uniform();
  const [cos, sin] = [Math.cos(angle) / radius, Math.sin(angle) / radius];
  return {
    label: kind + 1,
    covers: (x, y) =>
      figure(cos * (x - left) + sin * (y - top), cos * (y - top) - sin * (x - left)),
    paint: texture(figureColour(kind, random), 25, random),
  };
}

/** A colour with stripes of another brightness, straight or bent, in any direction. */
function texture(colour: Rgb, strength: number, random: Random): Paint {
  const angle = Math.PI * random.uniform();
  const wave = 0.15 + 0.5 * random.uniform();
  const bend = 6 * random.uniform();
  const [cos, sin] = [wave * Math.cos(angle), wave * Math.sin(angle)];
  const phase = 2 * Math.PI * random.uniform();
  const depth = strength * random.uniform();
  return (x, y) => {
    const along = cos * y - sin * x;
    const light = depth * Math.sin(cos * x + sin * y + bend * Math.sin(0.3 * along) + phase);
    return [colour[0] + light, colour[1] + light, colour[2] + light];
  };
}

/** A pale colour. */
function groundColour(random: Random): Rgb {
  return hsv(random.uniform(), 0.4 * random.uniform(), 0.3 + 0.6 * random.uniform());
}

/** A strong colour near the usual one of a kind of figure. */
function figureColour(kind: number, random: Random): Rgb {
  const hue = (hues[kind] ?? 0) + hueSpread * (2 * random.uniform() - 1);
  return hsv(hue, 0.5 + 0.4 * random.uniform(), 0.4 + 0.55 * random.uniform());
}

/** A colour by hue, saturation and value, each from 0 to 1 (Smith 1978). */
function hsv(hue: number, saturation: number, value: number): Rgb {
  const channel = (offset: number): number => {
    const place = (((offset + 6 * hue) % 6) + 6) % 6;
    return 255 * value * (1 - saturation * Math.max(0, Math.min(place, 4 - place, 1)));
  };
  return [channel(5), channel(3), channel(1)];
}
