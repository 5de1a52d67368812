// What a measure declares, what it looks at, and what it returns.
import type { Dataset } from '../data/dataset.js';
import type { Graph } from '../nets/graph.js';
import type { NetSpec } from '../nets/spec.js';
import type { tf } from '../tensor/index.js';

/** What a measure takes from its subject; `training` are the images that the net was trained on. */
export type Need = 'weights' | 'activations' | 'logits' | 'labels' | 'gradients' | 'training';

/** What a measure looks at: a net with the images it was trained on, held-out images, and what it computes on them. */
export interface Subject {
  readonly net: tf.LayersModel | tf.GraphModel;
  readonly graph: Graph;
  /** Set for nets that Fathom built. */
  readonly spec: NetSpec | null;
  /** Empty where the training images of a net are not known: measures that need them are then refused. */
  readonly train: Dataset;
  readonly test: Dataset;
  /** Seed for anything that a measure samples. */
  readonly seed: number;
  /** Layers worth a reading: graph node names of the input, of each block's last operation, and of the logits. */
  readonly layers: readonly string[];
  /** Where a graph node lies: weighted layers up to it, as a share of those up to the output (0 input … 1 output). */
  position(layer: string): number;
  /** Activations of one layer on the first `count` images of a set (all when left out); computed once, then shared. */
  activations(layer: string, set?: 'train' | 'test', count?: number): Promise<Activations>;
  /**
   * The same reduced to at most `limit` numbers an image (`count × features`): average pooling over the largest grid of
   * positions that fits, or a seeded Gaussian projection where even one position has too many channels.
   */
  features(
    layer: string,
    set: 'train' | 'test',
    count: number,
    limit: number,
  ): Promise<Activations>;
  /** Logits (before softmax) on a set, `count × classes`. */
  logits(set: 'train' | 'test'): Promise<Float32Array>;
  /** Says what will be asked for, so that one sweep over the images serves it all; what was not said is computed when asked. */
  expect(wants: readonly Want[]): void;
  /** Frees what was cached. */
  dispose(): void;
}

/** Activations that a measure will ask for. */
export interface Want {
  readonly set: 'train' | 'test';
  /** First images of the set; more than there are stands for all. */
  readonly count: number;
  /** Whole layers as they are, reduced to so many numbers an image, or the logits alone. */
  readonly of: 'layers' | 'logits' | { readonly limit: number };
}

export interface Activations {
  /** Row-major, first axis images. */
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** One number with what is needed to read it honestly. */
export interface Value {
  readonly value: number;
  /** Interval and how it was made, or null for an exact value. */
  readonly interval: {
    readonly low: number;
    readonly high: number;
    readonly level: number;
    readonly method: string;
  } | null;
}

/** One result of a measure. Plain JSON. Numbers are finite: what cannot be said is left out and named in `notes`. */
export interface Reading extends Value {
  readonly measure: string;
  readonly unit: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** The largest value that this estimator could give with this sample, or null where there is no ceiling. */
  readonly saturation: number | null;
  readonly layers: readonly (Value & {
    readonly layer: string /** 0 input … 1 output */;
    readonly position: number;
    readonly saturation: number | null;
  })[];
  /** Pictures and tables that belong to the reading, as plain data. */
  readonly extra: Readonly<Record<string, unknown>>;
  readonly notes: readonly string[];
}

/** What an option may be: its type is that of its default, its bounds are these. */
export interface OptionRule {
  /** A full sentence, units named. */
  readonly about: string;
  readonly low?: number;
  readonly high?: number;
  readonly integer?: boolean;
  readonly choices?: readonly string[];
  /** What a list holds; numbers when left out. */
  readonly items?: 'string' | 'number';
}

/** A function from a subject to numbers. One file a measure, one line in the registry. */
export interface Measure<Options extends object = Record<string, unknown>> {
  readonly name: string;
  /** Raised when the same options give other numbers than before, so that kept readings are made anew. */
  readonly version: number;
  readonly title: string;
  /** The question it answers, in one sentence. */
  readonly question: string;
  readonly unit: string;
  readonly range: readonly [low: number, high: number];
  /** Order of seconds for a depth-20, width-16 net with 2,000 images. */
  readonly cost: 'seconds' | 'minutes' | 'hours';
  readonly needs: readonly Need[];
  /** BibTeX key in notebooks/references.bib. */
  readonly reference: string;
  readonly defaults: Options;
  readonly options: { readonly [Key in keyof Options]: OptionRule };
  /** Why this subject cannot be measured, naming the layer or image at fault, or null. */
  refuses?(subject: Subject, options: Options): string | null;
  /** What `read` will ask the subject for; left out where it asks for nothing that others may need. */
  wants?(options: Options): readonly Want[];
  read(subject: Subject, options: Options): Promise<Reading>;
}
