/** What several measures need of a subject and would each compute anew: made at the first use, kept as long as the subject is. */
import type { Subject } from './measure.js';

const kept = new WeakMap<Subject, Map<string, Promise<unknown>>>();

/**
 * The result of `make`, computed once for each subject and key. What failed is tried again.
 *
 * @param key says all that the result depends on besides the subject.
 */
export function once<T>(subject: Subject, key: string, make: () => Promise<T>): Promise<T> {
  const own = kept.get(subject) ?? new Map<string, Promise<unknown>>();
  kept.set(subject, own);
  const known = own.get(key) as Promise<T> | undefined;
  if (known !== undefined) return known;
  const made = make();
  own.set(key, made);
  made.catch(() => own.delete(key));
  return made;
}
