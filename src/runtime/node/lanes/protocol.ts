import { AtrousError, messageOf } from '../../../core/errors.js';
import { type PackedError, packError, unpackError } from '../worker-protocol.js';

/** What the process of a lane is told. */
export type LaneRequest<Settings, Job> =
  | { readonly kind: 'open'; readonly settings: Settings }
  /** A job, to be begun once all before it are done. */
  | { readonly kind: 'work'; readonly job: Job }
  /** To hand back the youngest job that it has not begun, where there is one. */
  | { readonly kind: 'return' }
  | { readonly kind: 'close' };

/** What it says: `done` and `failed` in the order of the jobs, `returned` of the youngest one. */
export type LaneReply<Model, Answer> =
  | { readonly kind: 'opened'; readonly model: Model }
  | { readonly kind: 'refused'; readonly error: PackedError | string }
  | { readonly kind: 'done'; readonly answer: Answer }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'returned' };

/** Why a model could not be opened, as plain data: errors of atrous keep their class. */
export function packRefusal(error: unknown): PackedError | string {
  return error instanceof AtrousError ? packError(error) : messageOf(error);
}

export function unpackRefusal(error: PackedError | string): Error {
  return typeof error === 'string' ? new Error(error) : unpackError(error);
}
