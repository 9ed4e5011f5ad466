import { messageOf } from '../../../core/errors.js';
import type { Outcome } from './contract.js';

/** Does a job; what it throws is told as its outcome. */
export async function outcomeOf<Answer>(
  work: () => Promise<Answer>,
): Promise<Extract<Outcome<Answer>, { kind: 'done' | 'failed' }>> {
  try {
    return { kind: 'done', answer: await work() };
  } catch (error) {
    return { kind: 'failed', message: messageOf(error) };
  }
}
