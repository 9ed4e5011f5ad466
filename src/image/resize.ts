import { OptionError } from '../core/errors.js';
import { checkSize, type LabelMap, labelMap, type RgbImage, rgbImage } from './image.js';
import { type RowSink, type SampleRows, shrinkRows } from './shrink-rows.js';
import { type FilterTaps, triangleFilter } from './triangle-filter.js';

/** An 8-bit picture of any number of channels, interleaved, rows from the top. */
export interface ChannelImage {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** From this reduction on, summing rows by words is faster than weighing each byte. */
const strongReduction = 2;

/**
 * Scales a picture to `width` x `height` pixels: bilinear, with antialiasing when shrinking.
 *
 * Half-pixel centres and a triangle filter widened by the ratio, the convention of Pillow's
 * `BILINEAR` and of torchvision's `antialias=True`; values are rounded once, at the end.
 *
 * @throws OptionError where a side is not a whole number from 1 on.
 */
export function resizeImage(image: RgbImage, width: number, height: number): RgbImage {
  const source = { ...image, channels: 3 };
  return rgbImage(width, height, resizeChannels(source, width, height));
}

/** As `resizeImage`, for any number of interleaved channels; returns width * height * channels. */
export function resizeChannels(source: ChannelImage, width: number, height: number): Uint8Array {
  checkSize('resize', width, height);
  const target = new Uint8Array(width * height * source.channels);
  resizeInto(source, width, height, target, width * source.channels);
  return target;
}

/**
 * As `resizeChannels`, into the top left corner of a larger array whose rows are `stride` long.
 *
 * @throws OptionError where the result does not fit into the target.
 */
export function resizeInto(
  source: ChannelImage,
  width: number,
  height: number,
  target: Uint8Array,
  stride: number,
): void {
  const { channels } = source;
  const rowLength = width * channels;
  if (stride < rowLength || target.length < stride * (height - 1) + rowLength) {
    throw new OptionError({
      place: 'resize',
      problem: 'the target is too small',
      expected: `room for ${width}x${height}x${channels}`,
      found: `${target.length} elements in rows of ${stride}`,
    });
  }
  // Rows first or columns first: the cheaper one decides. The difference only matters for strips,
  // where the wrong order would take forever, so that turning the picture twice is no loss.
  const rowsFirst = cost(source.width, source.height, width, height);
  const columnsFirst = cost(source.height, source.width, height, width);
  if (columnsFirst * 4 < rowsFirst) {
    const turned = new Uint8Array(rowLength * height);
    resizeRowsFirst(transpose(source), height, width, turned, height * channels);
    const upright = transpose({ width: height, height: width, channels, data: turned }).data;
    for (let y = 0; y < height; y++) {
      target.set(upright.subarray(y * rowLength, (y + 1) * rowLength), y * stride);
    }
    return;
  }
  resizeRowsFirst(source, width, height, target, stride);
}

/**
 * Scales a label map by nearest neighbour with half-pixel centres: output i takes input
 * floor((i + 0.5) * inputLength / outputLength).
 */
export function resizeLabels(source: LabelMap, width: number, height: number): LabelMap {
  checkSize('resize', width, height);
  const columns = Int32Array.from({ length: width }, (_, x) =>
    Math.min(source.width - 1, Math.floor(((x + 0.5) * source.width) / width)),
  );
  const size = width * height;
  const labels = source.data instanceof Uint16Array ? new Uint16Array(size) : new Uint8Array(size);
  let previous = -1;
  for (let y = 0; y < height; y++) {
    const row = Math.min(source.height - 1, Math.floor(((y + 0.5) * source.height) / height));
    const at = y * width;
    if (row === previous) {
      labels.copyWithin(at, at - width, at);
      continue;
    }
    const start = row * source.width;
    for (let x = 0; x < width; x++) {
      labels[at + x] = source.data[start + (columns[x] as number)] as number;
    }
    previous = row;
  }
  return labelMap(width, height, labels);
}

/** Multiplications, roughly, of a vertical pass followed by a horizontal one. */
function cost(width: number, height: number, outputWidth: number, outputHeight: number): number {
  return width * Math.max(height, outputHeight) + outputHeight * Math.max(width, outputWidth);
}

function resizeRowsFirst(
  source: ChannelImage,
  width: number,
  height: number,
  target: Uint8Array,
  stride: number,
): void {
  const { channels, data } = source;
  const rows = { data, rowLength: source.width * channels, height: source.height };
  const columns = triangleFilter(source.width, width);
  const weighRow = channels === 3 ? weighRgbRow : weighRowOf(channels);
  const sink: RowSink = (row, y) => weighRow(row, columns, target, y * stride);
  if (source.height >= height * strongReduction) shrinkRows(rows, height, sink);
  else weighRows(rows, triangleFilter(source.height, height), sink);
}

/** Vertical pass for growing and mild shrinking: each output row a weighted sum of input rows. */
function weighRows(source: SampleRows, filter: FilterTaps, sink: RowSink): void {
  const { data, rowLength } = source;
  const row = new Float32Array(rowLength);
  for (let i = 0; i < filter.first.length; i++) {
    const first = filter.first[i] as number;
    const count = filter.counts[i] as number;
    for (let k = 0; k < count; k += 2) {
      // Two rows at a time halve the traffic to the sum; an odd last one is paired with itself.
      const paired = k + 1 < count;
      const a = (first + k) * rowLength;
      const b = paired ? a + rowLength : a;
      const weightA = filter.weights[i * filter.stride + k] as number;
      const weightB = paired ? (filter.weights[i * filter.stride + k + 1] as number) : 0;
      if (k === 0) {
        for (let j = 0; j < rowLength; j++) {
          row[j] = weightA * (data[a + j] as number) + weightB * (data[b + j] as number);
        }
      } else {
        for (let j = 0; j < rowLength; j++) {
          row[j] =
            (row[j] as number) +
            weightA * (data[a + j] as number) +
            weightB * (data[b + j] as number);
        }
      }
    }
    sink(row, i);
  }
}

type RowWeigher = (
  row: Float32Array,
  filter: FilterTaps,
  target: Uint8Array,
  offset: number,
) => void;

/** Horizontal pass over one row of RGB pixels, rounding to bytes. */
const weighRgbRow: RowWeigher = (row, filter, target, offset) => {
  const { first, counts, weights, stride } = filter;
  for (let i = 0; i < first.length; i++) {
    let red = 0.5;
    let green = 0.5;
    let blue = 0.5;
    let at = (first[i] as number) * 3;
    const end = i * stride + (counts[i] as number);
    for (let k = i * stride; k < end; k++) {
      const weight = weights[k] as number;
      red += weight * (row[at] as number);
      green += weight * (row[at + 1] as number);
      blue += weight * (row[at + 2] as number);
      at += 3;
    }
    target[offset + i * 3] = red;
    target[offset + i * 3 + 1] = green;
    target[offset + i * 3 + 2] = blue;
  }
};

/** Horizontal pass over one row of any number of channels. */
function weighRowOf(channels: number): RowWeigher {
  return (row, filter, target, offset) => {
    const { first, counts, weights, stride } = filter;
    for (let i = 0; i < first.length; i++) {
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0.5;
        let at = (first[i] as number) * channels + channel;
        const end = i * stride + (counts[i] as number);
        for (let k = i * stride; k < end; k++) {
          sum += (weights[k] as number) * (row[at] as number);
          at += channels;
        }
        target[offset + i * channels + channel] = sum;
      }
    }
  };
}

/** The picture mirrored along its diagonal: columns become rows. */
function transpose(source: ChannelImage): ChannelImage {
  const { width, height, channels, data } = source;
  const turned = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let channel = 0; channel < channels; channel++) {
        turned[(x * height + y) * channels + channel] = data[
          (y * width + x) * channels + channel
        ] as number;
      }
    }
  }
  return { width: height, height: width, channels, data: turned };
}
