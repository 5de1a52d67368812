// What a measure declares, what it looks at, and what it returns.
import type { Dataset } from '../data/dataset.js';
import type { Graph } from '../nets/graph.js';
import type { NetSpec } from '../nets/spec.js';
import type { tf } from '../tensor/index.js';

export type Need = 'weights' | 'activations' | 'logits' | 'labels' | 'gradients';

/** What a measure looks at: a net with the images it was trained on, held-out images, and what it computes on them. */
export interface Subject {
  readonly net: tf.LayersModel;
  readonly graph: Graph;
  /** Set for nets that Fathom built. */
  readonly spec: NetSpec | null;
  readonly train: Dataset;
  readonly test: Dataset;
  /** Seed for anything that a measure samples. */
  readonly seed: number;
  /** Layers worth a reading, input side first: graph node names after each block's last operation, and the logits. */
  readonly layers: readonly string[];
  /** Activations of one layer on the first `count` images of a set (all when left out); computed once, then shared. */
  activations(layer: string, set?: 'train' | 'test', count?: number): Promise<Activations>;
  /** Logits (before softmax) on a set, `count × classes`. */
  logits(set: 'train' | 'test'): Promise<Float32Array>;
  /** Frees what was cached. */
  dispose(): void;
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

/** A function from a subject to numbers. One file a measure, one line in the registry. */
export interface Measure<Options extends object = Record<string, unknown>> {
  readonly name: string;
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
  read(subject: Subject, options: Options): Promise<Reading>;
}
