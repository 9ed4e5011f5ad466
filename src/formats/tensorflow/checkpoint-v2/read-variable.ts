import { bytesPerElement, type DType, elementArrays } from '../../../core/dtype.js';
import { FormatError, UnsupportedError } from '../../../core/errors.js';
import { elementCount, formatShape, type Tensor } from '../../../core/tensor.js';
import { quotedName } from '../../quoted-name.js';
import type { RandomAccess } from '../../random-access.js';
import { widenBfloat16, wrapElements } from '../../raw-elements.js';
import { crc32c, maskCrc32c } from '../crc32c.js';
import type { CheckpointEntry } from './index-file.js';

export interface ReadVariableOptions {
  /** Read bfloat16 variables as float32; without it they are refused. */
  readonly widenBfloat16?: boolean;
}

/**
 * Reads one variable from the data file that its entry names.
 *
 * The tensor may share the memory of what `shard` reads. `place` names the data file in errors.
 *
 * @throws FormatError where the data does not fit the entry or its checksum does not match,
 * UnsupportedError for element types that no tensor holds and for partitioned variables.
 */
export async function readCheckpointVariable(
  entry: CheckpointEntry,
  shard: RandomAccess,
  place: string,
  options: ReadVariableOptions = {},
): Promise<Tensor> {
  const where = `${place}, variable ${quotedName(entry.name)}`;
  const { dtype, shape, offset, size } = entry;
  if (entry.sliced) {
    throw new UnsupportedError({
      place: where,
      problem: 'the variable is stored in slices',
      fix: 'save the checkpoint without partitioned variables',
    });
  }
  const type = readableType(dtype, where, options);
  const expected = elementCount(shape) * (type === 'bfloat16' ? 2 : bytesPerElement(type));
  if (size !== expected) {
    throw new FormatError({
      place: where,
      problem: `the data does not fill the shape ${dtype}${formatShape(shape)}`,
      expected: `${expected} bytes`,
      found: `${size}`,
    });
  }
  if (offset + size > shard.size) {
    throw new FormatError({
      place: where,
      problem: 'the data lies beyond the end of the file',
      expected: `at least ${offset + size} bytes`,
      found: `${shard.size}`,
      fix: 'copy the checkpoint again',
    });
  }
  const raw = await shard.read(offset, size);
  if (maskCrc32c(crc32c(raw)) !== entry.maskedCrc32c) {
    throw new FormatError({
      place: where,
      problem: 'the checksum of the data does not match: the file is damaged or of another save',
      fix: 'copy the checkpoint again, all its files together',
    });
  }
  if (type === 'bfloat16') return { dtype: 'float32', shape, data: widenBfloat16(raw) };
  return { dtype: type, shape, data: wrapElements(raw, type) } as Tensor;
}

function readableType(
  dtype: string,
  place: string,
  options: ReadVariableOptions,
): DType | 'bfloat16' {
  if (isDType(dtype)) return dtype;
  if (dtype === 'bfloat16' && options.widenBfloat16 === true) return dtype;
  throw new UnsupportedError({
    place,
    problem: `elements of type ${dtype} are not supported`,
    expected: Object.keys(elementArrays).join(', '),
    fix:
      dtype === 'bfloat16'
        ? 'read it with widenBfloat16: true'
        : 'leave this variable out, or save it as float32',
  });
}

function isDType(name: string): name is DType {
  return Object.hasOwn(elementArrays, name);
}
