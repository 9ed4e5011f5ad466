import type { DType } from '../../core/dtype.js';

/** The format's name of each element type, in the order in which its own writer sorts tensors. */
export const elementTypeNames = {
  uint64: 'U64',
  int64: 'I64',
  float64: 'F64',
  float32: 'F32',
  uint32: 'U32',
  int32: 'I32',
  float16: 'F16',
  uint16: 'U16',
  int16: 'I16',
  int8: 'I8',
  uint8: 'U8',
  bool: 'BOOL',
} as const satisfies Readonly<Record<DType, string>>;

/** How the elements of a tensor in a file are stored. */
export type StoredType = DType | 'bfloat16';

/** Element types by the format's names. */
export const storedTypes: ReadonlyMap<string, StoredType> = new Map<string, StoredType>([
  ...(Object.keys(elementTypeNames) as DType[]).map((dtype): [string, StoredType] => [
    elementTypeNames[dtype],
    dtype,
  ]),
  ['BF16', 'bfloat16'],
]);

/** Types that the format defines and no tensor here holds. */
export const otherTypeNames: ReadonlySet<string> = new Set([
  'F4',
  'F6_E2M3',
  'F6_E3M2',
  'F8_E5M2',
  'F8_E4M3',
  'F8_E8M0',
  'F8_E4M3FNUZ',
  'F8_E5M2FNUZ',
  'C64',
]);
