/** A layer of a net as a function of the image: images, and what the layer gives for each. */
import type { Dataset } from '../../data/dataset.js';
import { forward } from '../../nets/forward.js';
import type { Graph } from '../../nets/graph.js';
import { random, tf } from '../../tensor/index.js';
import { type Batch, emptyBatch, fillBatch } from '../../train/batches.js';
import { NotFiniteError } from '../errors.js';
import { reduce, reductionOf } from '../reduce.js';

export interface Sample {
  /** `count × height × width × channels`. */
  readonly images: Float32Array;
  /** `count × units`: the layer's activations, averaged or projected where there are more than the limit. */
  readonly values: Float32Array;
  readonly count: number;
  readonly units: number;
}

/** Images a pass of the net. */
const BATCH = 128;

/**
 * The values of a layer on images.
 *
 * @param limit most units; a layer with more is reduced by a linear map, which leaves the order of its components as it is.
 * @throws NotFiniteError when a value is NaN or infinite.
 */
export function sampleLayer(
  graph: Graph,
  layer: string,
  images: Float32Array,
  count: number,
  limit: number,
  seed: number,
): Sample {
  const output = graph.nodes.at(-1)!.name;
  const { shape } = graph.nodes.find(({ name }) => name === layer)!;
  const reduction = reductionOf(shape, limit);
  const units = reduction.features;
  const values = new Float32Array(count * units);
  const size = images.length / count;
  for (let from = 0; from < count; from += BATCH) {
    const to = Math.min(count, from + BATCH);
    const pixels = images.subarray(from * size, to * size);
    const made = tf.tidy(() => {
      const x = tf.tensor(pixels, [to - from, ...graph.input]);
      const { kept, logits } = forward(graph, x, { keep: layer === output ? [] : [layer] });
      return layer === output ? logits : kept.get(layer)!;
    });
    const raw = made.dataSync() as Float32Array;
    made.dispose();
    const bad = raw.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0)
      throw new NotFiniteError(layer, from + Math.floor(bad / (raw.length / (to - from))));
    const plain = reduction.grid === null && !reduction.projected;
    values.set(plain ? raw : reduce(raw, shape, reduction, seed), from * units);
  }
  return { images, values, count, units };
}

/** Largest shift of a copy, in pixels a side. */
const SHIFT = 2;

/**
 * Images to learn a function from: those of the dataset, then copies of them moved by up to two pixels, until there are
 * `count`. A function can be asked for its value anywhere; more places make up for few images.
 */
export function spread(dataset: Dataset, count: number, seed: number): Float32Array {
  const available = dataset.shape[0];
  const size = dataset.images.length / available;
  const made = new Float32Array(count * size);
  const kept = Math.min(available, count);
  made.set(dataset.images.subarray(0, kept * size));
  const generator = random(seed, 'shifted images');
  for (let from = available; from < count; from += available) {
    const rest = Math.min(available, count - from);
    const batch: Batch = emptyBatch(dataset, rest);
    const indices = Array.from({ length: rest }, (_, i) => i);
    fillBatch(batch, dataset, indices, { crop: SHIFT, flip: false }, generator);
    made.set(batch.images, from * size);
  }
  return made;
}
