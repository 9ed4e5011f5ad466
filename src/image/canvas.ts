import { type Box, type RgbImage, rgbImage } from './image.js';
import type { Rgb } from './palette.js';
import type { TextMask } from './text.js';

const channels = [0, 1, 2] as const;

/** A picture to draw boxes, pictures and text on; what lies outside of it is left out. */
export class Canvas {
  readonly image: RgbImage;

  /** @param paper Its colour at first. */
  constructor(width: number, height: number, paper: Rgb) {
    this.image = rgbImage(width, height);
    this.fill({ x: 0, y: 0, width, height }, paper);
  }

  /** Paints a box in one colour. */
  fill(box: Box, colour: Rgb): void {
    const { data, width } = this.image;
    const { left, top, right, bottom } = this.#visible(box);
    const start = (top * width + left) * 3;
    const length = (right - left) * 3;
    if (length <= 0 || bottom <= top) return;
    data.set(colour, start);
    // Copies of what is filled already take far less time than a loop over pixels.
    for (let filled = 3; filled < length; filled *= 2) {
      data.copyWithin(start + filled, start, start + Math.min(filled, length - filled));
    }
    for (let row = 1; row < bottom - top; row++) {
      data.copyWithin(start + row * width * 3, start, start + length);
    }
  }

  /** Puts a picture with its top left at a place. */
  picture(picture: RgbImage, x: number, y: number): void {
    const { width, height } = picture;
    const { left, top, right, bottom } = this.#visible({ x, y, width, height });
    if (right <= left) return;
    for (let row = top; row < bottom; row++) {
      const from = (row - y) * width - x;
      const pixels = picture.data.subarray((from + left) * 3, (from + right) * 3);
      this.image.data.set(pixels, (row * this.image.width + left) * 3);
    }
  }

  /** Draws text whose mask's top left is at a place. */
  text(mask: TextMask, x: number, y: number, ink: Rgb): void {
    const { data, width } = this.image;
    const { left, top, right, bottom } = this.#visible({ ...mask, x, y });
    for (let row = top; row < bottom; row++) {
      for (let column = left; column < right; column++) {
        const cover = (mask.data[(row - y) * mask.width + column - x] ?? 0) / 255;
        if (cover === 0) continue;
        const at = (row * width + column) * 3;
        for (const channel of channels) {
          const paper = data[at + channel] as number;
          data[at + channel] = Math.round(paper + (ink[channel] - paper) * cover);
        }
      }
    }
  }

  #visible({ x, y, width, height }: Box) {
    return {
      left: Math.max(0, x),
      top: Math.max(0, y),
      right: Math.min(x + width, this.image.width),
      bottom: Math.min(y + height, this.image.height),
    };
  }
}
