/** Small images that a small net learns in seconds, and nets that hold every operation of a graph. */
import type { Dataset, Split } from '../../../src/lab/data/dataset.js';
import { random, tf } from '../../../src/lab/tensor/index.js';

/** 8×8 images in noise; the class says which quadrant is bright. */
export function quadrants(count: number, seed: number): Dataset {
  const generator = random(seed, 'quadrants');
  const images = new Float32Array(count * 64);
  const labels = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const label = generator.integer(4);
    labels[i] = label;
    for (let y = 0; y < 8; y++) {
      for (let x = 0; x < 8; x++) {
        const bright = (y >= 4 ? 2 : 0) + (x >= 4 ? 1 : 0) === label;
        images[i * 64 + y * 8 + x] = 0.5 * generator.next() + (bright ? 0.5 : 0);
      }
    }
  }
  return {
    name: 'quadrants',
    images,
    labels,
    shape: [count, 8, 8, 1],
    classes: ['top left', 'top right', 'bottom left', 'bottom right'],
    digest: `quadrants-${count}-${seed}`,
  };
}

export function split(train = 96, test = 40): Split {
  return { train: quadrants(train, 1), test: quadrants(test, 2) };
}

const glorot = (seed: number) => tf.initializers.glorotUniform({ seed });

/** Convolution, batch normalisation, ReLU, global pooling, dense. */
export function smallNet(): tf.LayersModel {
  return tf.sequential({
    layers: [
      tf.layers.conv2d({
        inputShape: [8, 8, 1],
        filters: 4,
        kernelSize: 3,
        strides: 2,
        padding: 'same',
        useBias: false,
        kernelInitializer: glorot(1),
      }),
      tf.layers.batchNormalization({ momentum: 0.9 }),
      tf.layers.reLU(),
      tf.layers.flatten(),
      tf.layers.dense({ units: 4, kernelInitializer: glorot(2) }),
    ],
  });
}

/**
 * Every operation that a graph can hold, with strides, both paddings, a shared layer and a frozen one.
 *
 * @param bare Two batch normalisations go without scale or shift. Stock tfjs can predict with such a net, not train it.
 */
export function everyOperation(bare = false): tf.LayersModel {
  const input = tf.input({ shape: [8, 8, 1] });
  const convolution = (
    filters: number,
    seed: number,
    rest: Partial<Parameters<typeof tf.layers.conv2d>[0]> = {},
  ) =>
    tf.layers.conv2d({
      filters,
      kernelSize: 3,
      padding: 'same',
      kernelInitializer: glorot(seed),
      biasInitializer: tf.initializers.randomUniform({ minval: -0.3, maxval: 0.3, seed }),
      ...rest,
    });
  const apply = (layer: tf.layers.Layer, x: tf.SymbolicTensor | tf.SymbolicTensor[]) =>
    layer.apply(x) as tf.SymbolicTensor;
  const norm = (scale: boolean, center: boolean) =>
    tf.layers.batchNormalization({
      scale,
      center,
      momentum: 0.8,
      betaInitializer: tf.initializers.randomUniform({ minval: -0.5, maxval: 0.5, seed: 31 }),
    });
  const relu = () => tf.layers.reLU();

  let x = apply(convolution(4, 1, { trainable: false }), input);
  x = apply(relu(), x);
  const shared = convolution(4, 2);
  const first = apply(relu(), apply(norm(true, true), apply(shared, x)));
  const second = apply(norm(!bare, true), apply(shared, first));
  x = apply(relu(), apply(tf.layers.add(), [first, second, x]));
  x = apply(tf.layers.maxPooling2d({ poolSize: 2, strides: 2, padding: 'same' }), x);
  const down = apply(convolution(6, 3, { strides: 2, activation: 'relu' }), x);
  const shortcut = apply(convolution(6, 4, { kernelSize: 1, strides: 2, useBias: false }), x);
  x = apply(norm(true, !bare), apply(tf.layers.add(), [down, shortcut]));
  const pooled = apply(tf.layers.globalAveragePooling2d({}), x);
  const flat = apply(
    tf.layers.flatten(),
    apply(tf.layers.averagePooling2d({ poolSize: 2, strides: 1, padding: 'valid' }), x),
  );
  const dense = (units: number, seed: number, activation?: 'relu') =>
    tf.layers.dense({
      units,
      kernelInitializer: glorot(seed),
      ...(activation ? { activation } : {}),
    });
  const left = apply(norm(true, true), apply(dense(5, 5, 'relu'), flat));
  const right = apply(dense(5, 6), pooled);
  const output = apply(dense(4, 7), apply(tf.layers.add(), [left, right]));
  return tf.model({ inputs: input, outputs: output });
}

/** All weights of a model, one array each. */
export function weightsOf(model: tf.LayersModel): Float32Array[] {
  return model.getWeights().map((weight) => weight.dataSync().slice() as Float32Array);
}
