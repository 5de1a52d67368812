// From a spec to a `tf.LayersModel` with its initial weights.
import { random } from '../tensor/random.js';
import { tf } from '../tensor/index.js';
import { families } from './families.js';
import { netSpec } from './net-spec.js';
import { INPUT, type Step } from './plan.js';
import type { NetSpec } from './spec.js';

/** Batch normalisation as the common implementations of the paper have it; running statistics move by 1 − momentum. */
export const BATCH_NORM = { momentum: 0.9, epsilon: 1e-5 } as const;

/** Key of `userDefinedMetadata` under which a built net carries its spec, also in its saved `model.json`. */
const METADATA = 'fathom';

/**
 * Builds a net from stock layers only; its output is the logits, without softmax. TensorFlow must be ready.
 *
 * Initial kernels are normal with variance 2 / fan-in before a ReLU (K. He et al., "Delving deep into rectifiers", ICCV
 * 2015) and 1 / fan-in elsewhere; biases 0, batch normalisation scale 1 and shift 0. Each layer draws from a stream of its
 * own, named after it, so the same seed gives the same bits on any backend, and a layer keeps its values when others are
 * added.
 *
 * Throws `NetSpecError` or `UnknownNameError` for a spec that is not valid.
 */
export function buildNet(partial: Partial<NetSpec>): tf.LayersModel {
  const spec = netSpec(partial);
  const image = tf.input({ shape: [...spec.input], name: INPUT });
  const outputs = new Map<string, tf.SymbolicTensor>([[INPUT, image]]);
  let last = image;
  for (const step of families.get(spec.family).plan(spec)) {
    const layer = stockLayer(step);
    const inputs = step.from.map((name) => outputs.get(name)!);
    last = layer.apply(inputs.length === 1 ? inputs[0]! : inputs) as tf.SymbolicTensor;
    initialise(layer, step, spec.seed);
    outputs.set(step.name, last);
  }
  const name = `${spec.family}_${spec.depth}_${spec.width}`;
  const model = tf.model({ inputs: image, outputs: last, name });
  model.setUserDefinedMetadata({ [METADATA]: spec });
  return model;
}

/** The spec of a net that `buildNet` made, also after saving and loading; null for any other model. */
export function specOf(model: tf.LayersModel): NetSpec | null {
  const metadata = model.getUserDefinedMetadata() as Record<string, unknown> | undefined;
  const spec = metadata?.[METADATA];
  return spec === undefined ? null : netSpec(spec as Partial<NetSpec>);
}

// Zeros, because the values come from `initialise`: the stock initialisers draw differently on each backend.
const zeros = 'zeros';

function stockLayer(step: Step): tf.layers.Layer {
  const { name } = step;
  switch (step.op) {
    case 'conv':
      return tf.layers.conv2d({
        name,
        kernelSize: step.kernelSize,
        filters: step.filters,
        strides: step.stride,
        padding: 'same',
        useBias: step.bias,
        kernelInitializer: zeros,
      });
    case 'shortcut':
      return tf.layers.conv2d({
        name,
        kernelSize: 1,
        filters: step.filters,
        strides: step.stride,
        padding: 'same',
        useBias: false,
        trainable: false,
        kernelInitializer: zeros,
      });
    case 'norm':
      return tf.layers.batchNormalization({ name, ...BATCH_NORM });
    case 'relu':
      return tf.layers.reLU({ name });
    case 'add':
      return tf.layers.add({ name });
    case 'globalPool':
      return tf.layers.globalAveragePooling2d({ name, dataFormat: 'channelsLast' });
    case 'dense':
      return tf.layers.dense({ name, units: step.units, kernelInitializer: zeros });
  }
}

function initialise(layer: tf.layers.Layer, step: Step, seed: number): void {
  if (step.op !== 'conv' && step.op !== 'dense' && step.op !== 'shortcut') return;
  const shape = layer.getWeights()[0]!.shape;
  const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
  if (step.op === 'shortcut') {
    // Kernel [1, 1, input channels, filters]: each input channel goes to the output channel of the same index.
    const [, , channels, filters] = shape as [number, number, number, number];
    for (let channel = 0; channel < channels; channel++) values[channel * filters + channel] = 1;
  } else {
    const fanIn = values.length / shape.at(-1)!;
    const deviation = Math.sqrt(step.gain / fanIn);
    const { normal } = random(seed, 'initial weights', step.name);
    for (let i = 0; i < values.length; i++) values[i] = normal() * deviation;
    if (step.op === 'conv' && step.lessMean) takeMeanOff(values, shape.at(-1)!, step.lessMean);
  }
  tf.tidy(() => layer.setWeights([tf.tensor(values, shape), ...layer.getWeights().slice(1)]));
}

/** Takes a share of its mean off each filter of a kernel whose last axis is filters. */
function takeMeanOff(kernel: Float32Array, filters: number, share: number): void {
  const taps = kernel.length / filters;
  for (let filter = 0; filter < filters; filter++) {
    let sum = 0;
    for (let tap = 0; tap < taps; tap++) sum += kernel[tap * filters + filter]!;
    for (let tap = 0; tap < taps; tap++) kernel[tap * filters + filter]! -= (share * sum) / taps;
  }
}
