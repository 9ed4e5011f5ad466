import type { Random } from '../core/random.js';

/** A copy of a file, damaged in one to four places: bytes set, bits flipped, parts moved or cut. */
export function damagedCopy(sound: Uint8Array, random: Random): Uint8Array {
  let bytes = sound.slice();
  for (let change = random.integer(1, 4); change > 0 && bytes.length > 0; change--) {
    const at = random.integer(0, bytes.length - 1);
    const kind = random.integer(0, 4);
    if (kind === 0) bytes[at] = random.integer(0, 255);
    else if (kind === 1) bytes[at] = (bytes[at] ?? 0) ^ (1 << random.integer(0, 7));
    else if (kind === 2) bytes.copyWithin(at, random.integer(0, bytes.length - 1));
    else if (kind === 3) bytes.fill(255, at, at + random.integer(1, 12));
    else if (random.integer(0, 3) === 0) bytes = bytes.slice(0, at);
  }
  return bytes;
}

/** Random bytes, at most `longest` of them. */
export function noise(longest: number, random: Random): Uint8Array {
  return Uint8Array.from({ length: random.integer(0, longest) }, () => random.integer(0, 255));
}

/** The bytes that a text in hexadecimal stands for. */
export function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
