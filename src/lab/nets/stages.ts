// The CIFAR-style layout that the families share (K. He, X. Zhang, S. Ren, J. Sun, "Deep residual learning for image
// recognition", CVPR 2016, section 4.2): a 3×3 stem, three stages of 3×3 convolutions with width, 2·width and 4·width
// channels, stride 2 at the start of stages 2 and 3, global average pooling, and a dense head.
import type { NetSpec } from './spec.js';
import { Draft, type Plan } from './plan.js';

/** Smallest and largest depth, in weighted layers. */
export const DEPTHS = { least: 2, most: 110 } as const;

/** Variance factor of He et al. 2015 for a layer that feeds a ReLU, which halves the second moment of its input. */
export const BEFORE_RELU = 2;
/** Variance factor for a layer that no ReLU follows. */
export const BEFORE_NOTHING = 1;

/**
 * Convolutions in each of the three stages: `depth` less the stem and the head, dealt out one a stage from the first on.
 * Depth 6n + 2 gives 2n each, as in the paper; depth 2 is stem and head alone; a stage without convolutions is left out,
 * with its stride and its widening. The layout is the same for all families, so that at any depth they differ in nothing
 * but what defines them.
 */
export function convolutionsByStage(depth: number): readonly [number, number, number] {
  const inside = depth - 2;
  return [Math.ceil(inside / 3), Math.ceil((inside - 1) / 3), Math.ceil((inside - 2) / 3)].map(
    (count) => Math.max(0, count),
  ) as [number, number, number];
}

/** Writes what lies between stem and pooling: given the draft, the number of the stage, its convolutions and channels. */
export type WriteStage = (
  draft: Draft,
  stage: {
    readonly number: 1 | 2 | 3;
    readonly convolutions: number;
    readonly channels: number;
    /** Channels that come in. */
    readonly before: number;
    /** Stride of the stage's first convolution. */
    readonly stride: 1 | 2;
  },
) => void;

/** Stem, stages and head of a spec. */
export function stagedPlan(spec: NetSpec, nonlinear: boolean, writeStage: WriteStage): Plan {
  const draft = new Draft();
  writeConvolution(draft, 'stem', spec, spec.width, 1, nonlinear ? 'relu' : 'nothing');
  const counts = convolutionsByStage(spec.depth);
  let before = spec.width;
  for (const number of [1, 2, 3] as const) {
    const convolutions = counts[number - 1]!;
    if (convolutions === 0) continue;
    const channels = spec.width * 2 ** (number - 1);
    writeStage(draft, { number, convolutions, channels, before, stride: number === 1 ? 1 : 2 });
    before = channels;
  }
  draft.add('pool', { op: 'globalPool' });
  draft.add('logits', { op: 'dense', units: spec.classes, gain: BEFORE_NOTHING });
  return draft.steps;
}

/**
 * A 3×3 convolution, its batch normalisation if the spec asks for it, and its ReLU. With normalisation the convolution has
 * no bias, since the normalisation would take it away again.
 *
 * @param then `relu`; `add` where a residual sum and only then a ReLU follows; `nothing` in a net without nonlinearity.
 */
export function writeConvolution(
  draft: Draft,
  name: string,
  spec: NetSpec,
  filters: number,
  stride: number,
  then: 'relu' | 'add' | 'nothing',
  gain: number = then === 'nothing' ? BEFORE_NOTHING : BEFORE_RELU,
): void {
  draft.add(name, { op: 'conv', kernelSize: 3, stride, filters, bias: !spec.batchNorm, gain });
  if (spec.batchNorm) draft.add(`${name}_norm`, { op: 'norm' });
  if (then === 'relu') draft.add(`${name}_relu`, { op: 'relu' });
}
