import type { NetSpec } from './spec.js';
import type { Plan } from './plan.js';

/** A kind of net. One file a family, one line in `families.ts`. */
export interface Family {
  readonly name: string;
  /** As it stands in a legend. */
  readonly title: string;
  /** What defines it, in one sentence. */
  readonly description: string;
  /** BibTeX key of the paper that defined it. */
  readonly reference: string;
  /** The net of a checked spec, layer by layer, ending in logits (there is no softmax layer). */
  plan(spec: NetSpec): Plan;
}
