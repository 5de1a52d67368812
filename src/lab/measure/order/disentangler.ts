/**
 * The nets of the ladder: stacks of convolutions, each with its ReLU, whose end is linear, so that the number of nonlinear
 * layers is the number of convolutions. A longer stack starts from the shorter one with layers added that change nothing
 * (T. Chen, I. Goodfellow and J. Shlens, "Net2Net", ICLR 2016), so that it differs only in what it learns with them.
 */
import { forward } from '../../nets/forward.js';
import { graphOf } from '../../nets/index.js';
import { random, tf } from '../../tensor/index.js';

/** Kernel (NHWC convolution layout) and bias of each convolution of a stack. */
export type Stack = readonly { readonly kernel: Float32Array; readonly bias: Float32Array }[];

/** Side of the first kernels. */
const FIRST = 5;
/** Positions a side that the last map is averaged to; the first two convolutions halve the picture while it is larger. */
const GRID = 4;
/** Name of the layer that holds what the linear end reads. */
const FEATURES = 'features';

/**
 * A net of `order` nonlinear layers from images to `units` numbers.
 *
 * @param width channels of every convolution.
 * @param before the stack of a shorter net of the same width to start from, or null for random weights.
 */
export function disentangler(
  input: readonly number[],
  order: number,
  width: number,
  units: number,
  before: Stack | null,
  seed: number,
): tf.LayersModel {
  const image = tf.input({ shape: [...input] });
  let last = image;
  for (let index = 0; index < order; index++) {
    const size = index === 0 ? FIRST : 3;
    const layer = tf.layers.conv2d({
      kernelSize: size,
      filters: width,
      strides: index < 2 && Math.min(last.shape[1]!, last.shape[2]!) >= 2 * GRID ? 2 : 1,
      padding: 'same',
      activation: 'relu',
      kernelInitializer: 'zeros',
    });
    const channels = last.shape[3]!;
    last = layer.apply(last) as tf.SymbolicTensor;
    const own = before?.[index] ?? null;
    const kernel =
      own?.kernel ??
      (before === null
        ? normals(
            size * size * channels * width,
            Math.sqrt(2 / (size * size * channels)),
            seed,
            index,
          )
        : identity(size, width));
    tf.tidy(() =>
      layer.setWeights([
        tf.tensor(kernel, [size, size, channels, width]),
        tf.tensor1d(own?.bias ?? new Float32Array(width)),
      ]),
    );
  }
  const cell = Math.ceil(Math.min(last.shape[1]!, last.shape[2]!) / GRID);
  if (cell > 1) {
    // Averaging is linear: it adds no order.
    const layer = tf.layers.averagePooling2d({ poolSize: cell, strides: cell, padding: 'same' });
    last = layer.apply(last) as tf.SymbolicTensor;
  }
  last = tf.layers.flatten({ name: FEATURES }).apply(last) as tf.SymbolicTensor;
  const end = tf.layers.dense({ units, kernelInitializer: 'zeros' });
  const made = end.apply(last) as tf.SymbolicTensor;
  const count = last.shape[1]!;
  tf.tidy(() =>
    end.setWeights([
      tf.tensor2d(normals(count * units, 0.1 / Math.sqrt(count), seed, 'end'), [count, units]),
      tf.zeros([units]),
    ]),
  );
  return tf.model({ inputs: image, outputs: made });
}

/** The stack of a net, to start a longer one from. */
export function stackOf(model: tf.LayersModel): Stack {
  return model.layers
    .filter((layer) => layer.getClassName() === 'Conv2D')
    .map((layer) => {
      const [kernel, bias] = layer.getWeights().map((weight) => weight.dataSync().slice());
      return { kernel: kernel as Float32Array, bias: bias as Float32Array };
    });
}

/** What the linear end of a net reads, `count × features`. */
export function featuresOf(
  model: tf.LayersModel,
  images: Float32Array,
  count: number,
): Float32Array {
  const graph = graphOf(model);
  const size = images.length / count;
  const rows: Float32Array[] = [];
  for (let from = 0; from < count; from += 256) {
    const to = Math.min(count, from + 256);
    const made = tf.tidy(() => {
      const x = tf.tensor(images.subarray(from * size, to * size), [to - from, ...graph.input]);
      return forward(graph, x, { keep: [FEATURES] }).kept.get(FEATURES)!;
    });
    rows.push(made.dataSync() as Float32Array);
    made.dispose();
  }
  const joined = new Float32Array(rows.reduce((sum, row) => sum + row.length, 0));
  let at = 0;
  for (const row of rows) {
    joined.set(row, at);
    at += row.length;
  }
  return joined;
}

/** A kernel that gives back its input, which is not negative after a ReLU. */
function identity(size: number, width: number): Float32Array {
  const kernel = new Float32Array(size * size * width * width);
  const middle = ((size * size - 1) / 2) * width * width;
  for (let channel = 0; channel < width; channel++) kernel[middle + channel * width + channel] = 1;
  return kernel;
}

function normals(count: number, deviation: number, seed: number, what: string | number) {
  const { normal } = random(seed, 'disentangler', what);
  return Float32Array.from({ length: count }, () => normal() * deviation);
}
