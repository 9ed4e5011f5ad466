/**
 * Undoes the filters of PNG rows in place (ISO/IEC 15948, clause 9).
 *
 * @param bytes rows of one filter byte and `rowLength` bytes each, from `start` on.
 * @param pixelLength bytes of a pixel, at least 1: how far left the left neighbour is.
 * @returns Whether every filter byte was one that the standard knows.
 */
export function unfilterRows(
  bytes: Uint8Array,
  start: number,
  rowLength: number,
  rows: number,
  pixelLength: number,
): boolean {
  const stride = rowLength + 1;
  for (let row = 0; row < rows; row++) {
    const at = start + row * stride + 1;
    // The row above the first one counts as zeros.
    const above = row === 0 ? -1 : at - stride;
    const end = at + rowLength;
    switch (bytes[at - 1]) {
      case 0:
        break;
      case 1:
        for (let i = at + pixelLength; i < end; i++) {
          bytes[i] = (bytes[i] as number) + (bytes[i - pixelLength] as number);
        }
        break;
      case 2:
        if (above < 0) break;
        for (let i = at; i < end; i++) {
          bytes[i] = (bytes[i] as number) + (bytes[i - stride] as number);
        }
        break;
      case 3:
        for (let i = at; i < end; i++) {
          const left = i - at < pixelLength ? 0 : (bytes[i - pixelLength] as number);
          const up = above < 0 ? 0 : (bytes[i - stride] as number);
          bytes[i] = (bytes[i] as number) + ((left + up) >> 1);
        }
        break;
      case 4:
        for (let i = at; i < end; i++) {
          const hasLeft = i - at >= pixelLength;
          const left = hasLeft ? (bytes[i - pixelLength] as number) : 0;
          const up = above < 0 ? 0 : (bytes[i - stride] as number);
          const corner = hasLeft && above >= 0 ? (bytes[i - stride - pixelLength] as number) : 0;
          bytes[i] = (bytes[i] as number) + paeth(left, up, corner);
        }
        break;
      default:
        return false;
    }
  }
  return true;
}

/** The neighbour nearest to left + up - corner (Alan Paeth, Graphics Gems II, 1991). */
function paeth(left: number, up: number, corner: number): number {
  const estimate = left + up - corner;
  const toLeft = Math.abs(estimate - left);
  const toUp = Math.abs(estimate - up);
  const toCorner = Math.abs(estimate - corner);
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}

/** Writes the samples of a row, as they are stored, one to an element. */
export function unpackSamples(
  row: Uint8Array,
  bitDepth: number,
  count: number,
  target: Uint8Array | Uint16Array,
  offset: number,
): void {
  if (bitDepth === 8) {
    target.set(row.subarray(0, count), offset);
    return;
  }
  if (bitDepth === 16) {
    for (let i = 0; i < count; i++) {
      target[offset + i] = ((row[i * 2] as number) << 8) | (row[i * 2 + 1] as number);
    }
    return;
  }
  // Samples of 1, 2 or 4 bits fill each byte from its highest bits down.
  const mask = (1 << bitDepth) - 1;
  for (let i = 0; i < count; i++) {
    const bit = i * bitDepth;
    const shift = 8 - bitDepth - (bit & 7);
    target[offset + i] = ((row[bit >> 3] as number) >> shift) & mask;
  }
}
