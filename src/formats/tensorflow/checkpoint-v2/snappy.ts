// No command of the format makes more than 64 bytes of 3.
const largestRatio = 64 / 3;

/**
 * Unpacks one block in Snappy's raw format (github.com/google/snappy, format_description.txt).
 *
 * @throws Error where the block is damaged.
 */
export function unpackSnappy(packed: Uint8Array): Uint8Array {
  const { value: length, next } = readLength(packed);
  if (length > packed.length * largestRatio) throw new Error('it unpacks to an impossible length');
  const unpacked = new Uint8Array(length);
  let from = next;
  let to = 0;
  while (from < packed.length) {
    const tag = packed[from++] as number;
    if ((tag & 3) === 0) {
      const extra = Math.max((tag >>> 2) - 59, 0);
      const count = (extra === 0 ? tag >>> 2 : littleEndian(packed, from, extra)) + 1;
      from += extra;
      if (from + count > packed.length || to + count > length) throw new Error('it is cut off');
      unpacked.set(packed.subarray(from, from + count), to);
      from += count;
      to += count;
      continue;
    }
    // A copy of what was unpacked before: 1, 2 or 4 bytes of distance.
    const short = (tag & 3) === 1;
    const width = short ? 1 : (tag & 3) === 2 ? 2 : 4;
    const count = short ? ((tag >>> 2) & 7) + 4 : (tag >>> 2) + 1;
    const distance = littleEndian(packed, from, width) + (short ? (tag >>> 5) * 256 : 0);
    from += width;
    if (distance === 0 || distance > to) throw new Error('it copies from outside itself');
    if (to + count > length) throw new Error('it is longer than it says');
    // Byte by byte: the copy may overlap what it makes, which repeats a pattern.
    for (const end = to + count; to < end; to++) {
      unpacked[to] = unpacked[to - distance] as number;
    }
  }
  if (to !== length) throw new Error('it is shorter than it says');
  return unpacked;
}

/** The length at the block's start: seven bits a byte, lowest first. */
function readLength(packed: Uint8Array): { value: number; next: number } {
  let value = 0;
  for (let at = 0; at < 5; at++) {
    const byte = packed[at];
    if (byte === undefined) break;
    value += (byte & 0x7f) * 2 ** (7 * at);
    if (byte < 0x80) return { value, next: at + 1 };
  }
  throw new Error('its length is damaged');
}

function littleEndian(bytes: Uint8Array, at: number, width: number): number {
  if (at + width > bytes.length) throw new Error('it is cut off');
  let value = 0;
  for (let place = 0; place < width; place++) value += (bytes[at + place] as number) * 256 ** place;
  return value;
}
