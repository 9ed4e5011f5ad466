import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { elementCount, type Shape, type TensorOf, tensor } from '../../core/tensor.js';

/** What tools/golden/torchvision.py writes of a network. */
export interface GoldenNetwork {
  readonly width: number;
  readonly height: number;
  /** Trained ones, those of the auxiliary head among them. */
  readonly parameters: number;
  /** Of all convolutions but the auxiliary head's. */
  readonly multiplyAdds: number;
  /** Distance of the logits that are kept, in the order of memory; and the largest of all. */
  readonly every: number;
  readonly logits: readonly number[];
  readonly largest: number;
  /** Shapes of the state dict. */
  readonly state: ReadonlyMap<string, Shape>;
}

/** Reads a network's golden values; the file lies beside the sources, which hold no compiled copy. */
export function readGoldenNetwork(name: string): GoldenNetwork {
  const file = resolve('src/weights/torchvision/golden', `${name}.json`);
  const { logits, state, ...rest } = JSON.parse(readFileSync(file, 'utf8'));
  const shapes = Object.entries(state).map(
    ([key, shape]) => [key, numbers(String(shape))] as const,
  );
  return { ...rest, logits: numbers(String(logits)), state: new Map(shapes) };
}

function numbers(text: string): readonly number[] {
  return text.split(' ').map(Number);
}

/** The weights that the script gave the network. */
export function goldenWeights({ state }: GoldenNetwork): Map<string, TensorOf<'float32'>> {
  return new Map([...state].map(([name, shape]) => [name, weightsOf(name, shape)]));
}

/** The picture that the script gave it, normalised. */
export function goldenImage({ height, width }: GoldenNetwork): TensorOf<'float32'> {
  return formulaTensor('image', [1, 3, height, width], 0, 1);
}

function weightsOf(name: string, shape: Shape): TensorOf<'float32'> {
  if (name.endsWith('running_var')) return formulaTensor(name, shape, 1, 0.5);
  if (/(running_mean|bias)$/.test(name)) return formulaTensor(name, shape, 0, 0.3);
  if (shape.length === 1) return formulaTensor(name, shape, 1, 0.3);
  return formulaTensor(name, shape, 0, Math.sqrt(4.5 / elementCount(shape.slice(1))));
}

/** `numbers` of the script: centre + spread (2 u - 1), u by a hash of name and index. */
function formulaTensor(
  name: string,
  shape: Shape,
  centre: number,
  spread: number,
): TensorOf<'float32'> {
  let seed = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) seed = Math.imul(seed ^ byte, 0x01000193);
  const data = new Float32Array(elementCount(shape));
  for (let at = 0; at < data.length; at++) {
    let x = (Math.imul(at, 0x9e3779b9) + seed) | 0;
    x ^= x >>> 16;
    x = Math.imul(x, 0x7feb352d);
    x ^= x >>> 15;
    x = Math.imul(x, 0x846ca68b);
    x ^= x >>> 16;
    const unit = (x >>> 8) / 2 ** 24;
    data[at] = centre + spread * (2 * unit - 1);
  }
  return tensor('float32', shape, data);
}
