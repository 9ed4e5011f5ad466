import type { RgbImage, Size } from '../../image/image.js';

/** The features of a Gaussian kernel: plain data, to be sent between threads. */
export type FeatureSource =
  | { readonly kind: 'position'; readonly size: Size; readonly positionDeviation: number }
  | {
      readonly kind: 'bilateral';
      readonly image: RgbImage;
      readonly positionDeviation: number;
      readonly colourDeviation: number;
    };

/** The position of each pixel in the space of a Gaussian kernel, in standard deviations. */
export interface Features {
  readonly dimension: number;
  readonly pixels: number;
  /** Writes the features of a pixel. */
  read(pixel: number, out: Float64Array): void;
}

export function featuresOf(source: FeatureSource): Features {
  switch (source.kind) {
    case 'position':
      return positionFeatures(source.size, source.positionDeviation);
    case 'bilateral':
      return bilateralFeatures(source.image, source.positionDeviation, source.colourDeviation);
  }
}

/** (x, y) / deviation. */
export function positionFeatures({ width, height }: Size, deviation: number): Features {
  return {
    dimension: 2,
    pixels: width * height,
    read(pixel, out) {
      const y = Math.floor(pixel / width);
      out[0] = (pixel - y * width) / deviation;
      out[1] = y / deviation;
    },
  };
}

/** (x, y) / positionDeviation, then (red, green, blue) / colourDeviation. */
export function bilateralFeatures(
  image: RgbImage,
  positionDeviation: number,
  colourDeviation: number,
): Features {
  const { data } = image;
  const position = positionFeatures(image, positionDeviation);
  return {
    dimension: 5,
    pixels: position.pixels,
    read(pixel, out) {
      position.read(pixel, out);
      out[2] = (data[pixel * 3] as number) / colourDeviation;
      out[3] = (data[pixel * 3 + 1] as number) / colourDeviation;
      out[4] = (data[pixel * 3 + 2] as number) / colourDeviation;
    },
  };
}
