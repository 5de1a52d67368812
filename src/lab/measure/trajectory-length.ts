/**
 * Trajectory length: how much longer each layer makes a closed curve through real images (M. Raghu et al., "On the expressive power
 * of deep neural networks", ICML 2017), in units of the length that a layer of constant stretch would have: lengths are divided by the
 * root of the mean square of the layer's activations, so that scale alone is no growth.
 *
 * The value is the growth a weighted layer, the geometric mean from the input to the last hidden layer. A net at He initialisation grows
 * nothing by itself: √χ₁ = 1. Transitions, the ReLU units that switch from one point to the next, are given too (R. Novak et al., ICLR
 * 2018).
 */
import { forward, neuronsOf, sizeOf } from '../nets/index.js';
import { meanInterval } from '../stats/index.js';
import { random, tf } from '../tensor/index.js';
import { closedCurve } from './closed-curve.js';
import { pixelsOf } from './images.js';
import { needImages } from './logits.js';
import type { Measure, Reading, Subject } from './measure.js';
import { layerReading, reading } from './reading.js';

type Options = { curves: number; corners: number; steps: number; level: number };

/** Points in one pass. */
const BATCH = 64;

export const trajectoryLength: Measure<Options> = {
  name: 'trajectory-length',
  version: 1,
  title: 'Growth of trajectory length',
  question:
    'By how much does each layer lengthen a path between images, its scale left out of account?',
  unit: 'times a layer',
  range: [0, Infinity],
  cost: 'seconds',
  needs: ['activations'],
  reference: 'raghu2017',
  defaults: { curves: 8, corners: 3, steps: 32, level: 0.95 },
  options: {
    curves: { about: 'Closed curves.', low: 2, high: 1000, integer: true },
    corners: { about: 'Images that a curve passes through.', low: 2, high: 100, integer: true },
    steps: { about: 'Points on each side of a curve.', low: 2, high: 10_000, integer: true },
    level: { about: 'Level of the t interval over curves.', low: 0.5, high: 0.9999 },
  },
  refuses: ({ test }, { corners }) =>
    test.shape[0] < corners ? `${corners} corners of ${test.shape[0]} held-out images` : null,
  async read(subject, options) {
    needImages('trajectory-length', subject.test, 'held-out', 2);
    const weighted = subject.graph.nodes.filter(
      ({ op }) => op === 'conv2d' || op === 'dense',
    ).length;
    const curves: Curve[] = [];
    for (let curve = 0; curve < options.curves; curve++) {
      curves.push(await walk(subject, options, curve));
    }
    const dead = subject.layers.filter((_, l) => curves.some(({ lengths }) => lengths[l] === null));
    const layers: Reading['layers'][number][] = subject.layers.map((layer, l) => {
      const given = curves.flatMap(({ lengths }) => {
        const [from, to] = [lengths[0]!, lengths[l] ?? null];
        return to === null ? [] : [to / from];
      });
      const value =
        given.length === 0
          ? { value: 0, interval: null }
          : meanInterval(given, { level: options.level });
      return layerReading(subject, layer, value);
    });
    const hidden = subject.layers.length - 2;
    // The last hidden layer lies below the last weighted one.
    const growth = curves.flatMap(({ lengths }) => {
      const to = lengths[hidden] ?? null;
      return to === null ? [] : [(to / lengths[0]!) ** (1 / Math.max(1, weighted - 1))];
    });
    return reading(trajectoryLength, options, {
      ...(growth.length === 0
        ? { value: 0, interval: null }
        : meanInterval(growth, { level: options.level })),
      layers,
      extra: {
        /** What `layers` hold. */
        layersAre: 'length over that of the input, each over the root mean square of its layer',
        layer: subject.layers[hidden]!,
        transitions: meanInterval(curves.map(({ transitions }) => transitions)).value,
        /** ReLU units. */
        units: curves[0]!.units,
      },
      notes: dead.map((layer) => `${layer}: all points of a curve give the same activations`),
    });
  },
};

interface Curve {
  /** Length over root mean square by layer; null where nothing moves. */
  readonly lengths: readonly (number | null)[];
  /** Units that switch from a point to the next, summed over the curve. */
  readonly transitions: number;
  readonly units: number;
}

async function walk(subject: Subject, options: Options, index: number): Promise<Curve> {
  const { graph, test, seed, layers } = subject;
  const generator = random(seed, 'closed curve', index);
  const { points } = closedCurve(test, options.corners, options.steps, generator);
  const size = pixelsOf(test);
  const count = points.length / size;
  const input = graph.nodes[0]!.name;
  const output = graph.nodes.at(-1)!.name;
  const relus = graph.nodes.flatMap(({ op, name }) => (op === 'relu' ? [name] : []));
  const inner = layers.filter((layer) => layer !== input && layer !== output);
  const keep = [...new Set([...inner, ...relus])];
  const lengths = layers.map(() => 0);
  const squares = layers.map(() => 0);
  let transitions = 0;
  // Each batch begins with the last point of the one before; the curve ends where it began.
  for (let from = 0; from < count; from += BATCH) {
    const to = Math.min(from + BATCH, count);
    const rows = new Float32Array((to - from + 1) * size);
    rows.set(points.subarray(from * size, to * size));
    rows.set(points.subarray((to % count) * size, ((to % count) + 1) * size), (to - from) * size);
    const found = tf.tidy(() => {
      const x = tf.tensor(rows, [to - from + 1, ...graph.input]);
      const { logits, kept } = forward(graph, x, { keep });
      const outputs = layers.map((layer) =>
        layer === input ? x : layer === output ? logits : kept.get(layer)!,
      );
      const steps = outputs.map((each) => {
        const flat = tf.reshape(each, [to - from + 1, -1]) as tf.Tensor2D;
        const away = tf.sub(tf.slice(flat, [1, 0]), tf.slice(flat, [0, 0], [to - from, -1]));
        const length = tf.sum(tf.sqrt(tf.sum(tf.square(away), 1)));
        const square = tf.mean(tf.square(tf.slice(flat, [0, 0], [to - from, -1])));
        return tf.stack([length, square]);
      });
      const switched = relus.map((name) => {
        const on = tf.cast(tf.greater(kept.get(name)!, 0), 'float32');
        const rest = on.shape.slice(1).map(() => 0);
        const before = tf.slice(on, [0, ...rest], [to - from, ...rest.map(() => -1)]);
        return tf.sum(tf.abs(tf.sub(tf.slice(on, [1, ...rest]), before)));
      });
      return tf.concat([
        tf.concat(steps),
        switched.length > 0 ? tf.stack(switched) : tf.zeros([0]),
      ]);
    });
    const values = await found.data<'float32'>();
    found.dispose();
    for (let l = 0; l < layers.length; l++) {
      lengths[l]! += values[2 * l]!;
      squares[l]! += (values[2 * l + 1]! * (to - from)) / count;
    }
    for (let r = 2 * layers.length; r < values.length; r++) transitions += values[r]!;
  }
  const widths = new Map(graph.nodes.map(({ name, shape }) => [name, sizeOf(shape)]));
  return {
    lengths: lengths.map((length, l) => {
      const width = widths.get(layers[l]!)!;
      const scale = Math.sqrt(squares[l]! * width);
      return length > 0 && scale > 0 ? length / scale : null;
    }),
    transitions,
    units: neuronsOf(graph),
  };
}
