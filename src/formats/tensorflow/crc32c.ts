/** The Castagnoli polynomial with its bits reversed (RFC 3720, section 12.1). */
const polynomial = 0x82f63b78;

const slices = 8;
const tables = makeTables();

/**
 * CRC-32C of bytes, as an unsigned 32-bit number.
 *
 * `before` is the checksum of what precedes them, so that parts can be summed one after the other.
 * Eight bytes a step from eight tables (Kounavis and Berry, "A Systematic Approach to Building High
 * Performance, Software-based, CRC Generators", 2005).
 */
export function crc32c(bytes: Uint8Array, before = 0): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const whole = bytes.length - (bytes.length % slices);
  let crc = ~before;
  for (let at = 0; at < whole; at += slices) {
    const low = crc ^ view.getInt32(at, true);
    const high = view.getInt32(at + 4, true);
    crc =
      entry(7, low & 0xff) ^
      entry(6, (low >>> 8) & 0xff) ^
      entry(5, (low >>> 16) & 0xff) ^
      entry(4, low >>> 24) ^
      entry(3, high & 0xff) ^
      entry(2, (high >>> 8) & 0xff) ^
      entry(1, (high >>> 16) & 0xff) ^
      entry(0, high >>> 24);
  }
  for (let at = whole; at < bytes.length; at++) {
    crc = entry(0, (crc ^ (bytes[at] as number)) & 0xff) ^ (crc >>> 8);
  }
  return ~crc >>> 0;
}

const maskDelta = 0xa282ead8;

/**
 * The checksum as TensorFlow stores it: rotated and shifted, because the CRC of bytes that hold
 * their own CRC is a poor one (leveldb, util/crc32c.h).
 */
export function maskCrc32c(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + maskDelta) >>> 0;
}

/** Entry of the table for a byte that `slice` more bytes follow within the step. */
function entry(slice: number, byte: number): number {
  return tables[slice * 256 + byte] as number;
}

function makeTables(): Int32Array {
  const made = new Int32Array(slices * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    made[byte] = crc;
  }
  for (let at = 256; at < made.length; at++) {
    const shorter = made[at - 256] as number;
    made[at] = (shorter >>> 8) ^ (made[shorter & 0xff] as number);
  }
  return made;
}
