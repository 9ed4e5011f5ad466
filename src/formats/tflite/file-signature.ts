/** First bytes of files that people take for TensorFlow Lite models. */
const signatures: readonly { readonly name: string; readonly start: string }[] = [
  { name: 'a zip archive', start: 'PK\x03\x04' },
  { name: 'a JPEG picture', start: '\xff\xd8\xff' },
  { name: 'a PNG picture', start: '\x89PNG' },
  { name: 'a gzip archive', start: '\x1f\x8b' },
  { name: 'an HDF5 (Keras) file', start: '\x89HDF' },
  { name: 'a Git LFS pointer', start: 'version https://git-lfs' },
  { name: 'a text in JSON', start: '{' },
];

const textPages = /^\s*<(!doctype html|html|head|body|\?xml)/i;

/** What a file that is no TensorFlow Lite model seems to be, for an error message. */
export function describeFile(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'an empty file';
  const start = String.fromCharCode(...bytes.subarray(0, 64));
  if (textPages.test(start.replace(/^\xef\xbb\xbf/, ''))) return 'an HTML or XML page';
  const known = signatures.find((signature) => start.startsWith(signature.start));
  if (known !== undefined) return known.name;
  if (isOnnx(bytes)) return 'an ONNX model';
  if (bytes[0] === 0x0a) return 'something like a frozen TensorFlow graph';
  if (bytes.length < 8) return `${bytes.length} bytes`;
  return `bytes that begin with ${hex(bytes.subarray(0, 8))}`;
}

/** An ONNX file begins with field 1, the IR version, and goes on with a string or the graph. */
function isOnnx(bytes: Uint8Array): boolean {
  const [key = 0, version = 0, next = 0] = bytes;
  return key === 0x08 && version > 0 && version < 0x80 && (next === 0x12 || next === 0x3a);
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
