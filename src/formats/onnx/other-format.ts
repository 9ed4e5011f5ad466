import { FormatError } from '../../core/errors.js';

interface OtherFormat {
  readonly found: string;
  readonly fix: string;
  readonly matches: (bytes: Uint8Array) => boolean;
}

const exportIt = 'export the model to ONNX first';

// No exporter's ModelProto begins (or ends) like these, so that none refuses a real model.
const otherFormats: readonly OtherFormat[] = [
  {
    found: 'an empty file',
    fix: 'copy or download it again',
    matches: (bytes) => bytes.length === 0,
  },
  {
    found: 'only zeros',
    fix: 'copy or download it again',
    matches: (bytes) => bytes.subarray(0, 16).every((byte) => byte === 0),
  },
  {
    found: 'a TensorFlow Lite model',
    fix: 'open it as .tflite',
    matches: (bytes) => hasText(bytes, 2, '\0\0TFL3'),
  },
  {
    found: 'a model in the ORT format',
    fix: 'use the .onnx file it was made from',
    matches: (bytes) => hasText(bytes, 2, '\0\0ORTM'),
  },
  {
    found: 'a Git LFS pointer',
    fix: 'fetch the file itself with `git lfs pull`',
    matches: (bytes) => hasText(bytes, 0, 'version https://git-lfs'),
  },
  {
    found: 'a web page',
    fix: 'download the file itself, not the page about it',
    matches: (bytes) => /^\s*<(!doctype|html|head|\?xml|!--)/i.test(latin1(bytes, 0, 200)),
  },
  {
    found: 'a zip archive, such as a PyTorch checkpoint',
    fix: `unpack it, or ${exportIt}`,
    matches: (bytes) => hasText(bytes, 0, 'PK\x03\x04'),
  },
  {
    found: 'a gzip archive',
    fix: 'unpack it first',
    matches: (bytes) => hasText(bytes, 0, '\x1f\x8b'),
  },
  {
    found: 'an HDF5 file, such as Keras weights',
    fix: exportIt,
    matches: (bytes) => hasText(bytes, 0, '\x89HDF'),
  },
  {
    found: 'a pickle, such as an old PyTorch checkpoint',
    fix: exportIt,
    matches: ([mark = 0, protocol = 0]) => mark === 0x80 && protocol >= 2 && protocol <= 5,
  },
  {
    found: 'a safetensors file',
    fix: exportIt,
    matches: (bytes) => hasText(bytes, 4, '\0\0\0\0{"'),
  },
  {
    found: 'the index of a TensorFlow checkpoint',
    fix: exportIt,
    matches: (bytes) => hasText(bytes, bytes.length - 8, '\x57\xfb\x80\x8b\x24\x75\x47\xdb'),
  },
  {
    found: 'a picture',
    fix: 'give the model first, then the pictures',
    matches: (bytes) => hasText(bytes, 0, '\x89PNG') || hasText(bytes, 0, '\xff\xd8\xff'),
  },
  {
    found: 'JSON',
    fix: 'give the .onnx file',
    matches: (bytes) => /^\s*[{[]\s*["{[\]}]/.test(latin1(bytes, 0, 200)),
  },
];

/**
 * Refuses bytes that are plainly something else than an ONNX model, and says what they are.
 *
 * @throws FormatError
 */
export function refuseOtherFormats(bytes: Uint8Array, place: string): void {
  const other = otherFormats.find(({ matches }) => matches(bytes));
  if (other === undefined) return;
  throw new FormatError({
    place,
    problem: 'this is not an ONNX model',
    expected: 'the bytes of an .onnx file',
    found: other.found,
    fix: other.fix,
  });
}

function hasText(bytes: Uint8Array, at: number, text: string): boolean {
  return at >= 0 && latin1(bytes, at, text.length) === text;
}

function latin1(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}
