/** A network in words: everything needed to build it, and nothing else. JSON, part of a run's key. */
export interface NetSpec {
  /** Name of a registered family: `plain`, `residual`, `linear`. */
  readonly family: string;
  /** Number of weighted layers (convolutions and the dense head), counted as in He et al. 2016; shortcuts do not count. */
  readonly depth: number;
  /** Channels of the first stage; the second and third stage have 2 × and 4 × as many. */
  readonly width: number;
  /** Image shape `[height, width, channels]`. */
  readonly input: readonly [height: number, width: number, channels: number];
  /** Number of output classes. */
  readonly classes: number;
  /** Whether each convolution is followed by batch normalisation. */
  readonly batchNorm: boolean;
  /** Seed of the initial weights. */
  readonly seed: number;
}
