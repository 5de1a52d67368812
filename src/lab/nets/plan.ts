/**
 * A net as plain data, before TensorFlow: the list of layers that a family draws from a spec. Counting parameters and
 * multiply-adds, and building the model, all read the same plan, so they cannot disagree about what the net is.
 */

/** One layer of a plan. `from` names the layers it reads; the net's input is named `image`. */
export type Step = { readonly name: string; readonly from: readonly string[] } & (
  | {
      readonly op: 'conv';
      readonly kernelSize: number;
      readonly stride: number;
      readonly filters: number;
      readonly bias: boolean;
      /** Initial weights are normal with variance `gain` / fan-in. */
      readonly gain: number;
      /** Share of its mean that is taken off each initial filter; none when left out. */
      readonly lessMean?: number;
    }
  /**
   * Option A of He et al. 2016 where a block changes the shape: every `stride`-th pixel of the input, with channels of
   * zeros added up to `filters`. No parameters.
   */
  | { readonly op: 'shortcut'; readonly stride: number; readonly filters: number }
  | { readonly op: 'norm' }
  | { readonly op: 'relu' }
  | { readonly op: 'add' }
  | { readonly op: 'globalPool' }
  | { readonly op: 'dense'; readonly units: number; readonly gain: number }
);

/** Steps in order of evaluation; the last gives the logits. */
export type Plan = readonly Step[];

/** Name of the net's input in every plan. */
export const INPUT = 'image';

type Body<S> = S extends Step ? Omit<S, 'name' | 'from'> : never;

/** Writes a plan from top to bottom: each step reads the one before it unless told otherwise. */
export class Draft {
  readonly steps: Step[] = [];
  /** Name of the step last written. */
  last: string = INPUT;

  add(name: string, body: Body<Step>, from: readonly string[] = [this.last]): this {
    this.steps.push({ name, from, ...body } as Step);
    this.last = name;
    return this;
  }
}
