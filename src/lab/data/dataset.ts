/** A set of labelled images, whole in memory, as every stage of the lab passes it on. */
export interface Dataset {
  /** Registry name, with what was done to it where that matters: `fashion-mnist`. */
  readonly name: string;
  /** Pixels in [0, 1], NHWC order: `count × height × width × channels` values. */
  readonly images: Float32Array;
  /** Class index of each image, `count` values in `0 … classes.length − 1`. */
  readonly labels: Int32Array;
  /** `[count, height, width, channels]`. */
  readonly shape: readonly [count: number, height: number, width: number, channels: number];
  /** Class names, in label order. */
  readonly classes: readonly string[];
  /** SHA-256 (hex) of the image and label bytes in use. */
  readonly digest: string;
}

/** Training images, and held-out images that no training step has seen. */
export interface Split {
  readonly train: Dataset;
  readonly test: Dataset;
}

/** What to load, all fields filled in; part of a run's key. */
export interface DataSpec {
  /** Name of a registered dataset. */
  readonly name: string;
  /** Number of training images, balanced over the classes. */
  readonly train: number;
  /** Number of held-out test images, balanced over the classes. */
  readonly test: number;
  /** Seed of the subset that is drawn and of the label shuffle. */
  readonly seed: number;
  /** Share of training labels replaced by a random permutation of themselves, 0 to 1: the shuffled-label control. */
  readonly shuffledLabels: number;
}
