import { type Box, type Rgb, type RgbImage, rgbImage, type TextMask } from '../../image/index.js';

/** A picture to draw boxes and text on; what lies outside of it is left out. */
export class Canvas {
  readonly image: RgbImage;

  constructor(width: number, height: number, paper: Rgb) {
    this.image = rgbImage(width, height);
    this.fill({ x: 0, y: 0, width, height }, paper);
  }

  fill({ x, y, width, height }: Box, colour: Rgb): void {
    const right = Math.min(x + width, this.image.width);
    const bottom = Math.min(y + height, this.image.height);
    for (let row = Math.max(0, y); row < bottom; row++) {
      for (let column = Math.max(0, x); column < right; column++) {
        this.image.data.set(colour, (row * this.image.width + column) * 3);
      }
    }
  }

  /** Draws text whose mask's top left is at a place. */
  text(mask: TextMask, x: number, y: number, ink: Rgb): void {
    const { data, width, height } = this.image;
    for (let row = Math.max(0, -y); row < mask.height && y + row < height; row++) {
      for (let column = Math.max(0, -x); column < mask.width && x + column < width; column++) {
        const cover = (mask.data[row * mask.width + column] ?? 0) / 255;
        if (cover === 0) continue;
        const at = ((y + row) * width + x + column) * 3;
        ink.forEach((value, channel) => {
          const paper = data[at + channel] as number;
          data[at + channel] = Math.round(paper + (value - paper) * cover);
        });
      }
    }
  }
}

/** Text turned to read from the bottom up; its baseline is its right edge. */
export function turnUp({ width, height, data }: TextMask): TextMask {
  const turned = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      turned[(width - 1 - x) * height + y] = data[y * width + x] as number;
    }
  }
  return { width: height, height: width, baseline: width, data: turned };
}
