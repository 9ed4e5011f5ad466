import {
  colouriseLabels,
  type LabelMap,
  type Palette,
  type RgbImage,
  rgbImage,
} from '../image/index.js';

/** Space between the pictures, in pixels. */
const gap = 4;

/** A picture, its true labels and the predicted ones side by side, labels in their colours. */
export function comparisonPicture(
  image: RgbImage,
  truth: LabelMap,
  prediction: LabelMap,
  palette: Palette,
): RgbImage {
  const parts = [image, colouriseLabels(truth, palette), colouriseLabels(prediction, palette)];
  const width = parts.reduce((sum, part) => sum + part.width, gap * (parts.length - 1));
  const whole = new Uint8Array(width * image.height * 3).fill(255);
  let left = 0;
  for (const part of parts) {
    for (let row = 0; row < image.height; row++) {
      const line = part.data.subarray(row * part.width * 3, (row + 1) * part.width * 3);
      whole.set(line, (row * width + left) * 3);
    }
    left += part.width + gap;
  }
  return rgbImage(width, image.height, whole);
}
