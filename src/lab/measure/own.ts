/** The measures on a net that Fathom did not train. */
import { createHash } from 'node:crypto';
import type { Dataset } from '../data/dataset.js';
import {
  type Graph,
  graphOf,
  OpaqueNetError,
  opaqueGraph,
  UnsupportedLayerError,
} from '../nets/index.js';
import { random, ready, tf } from '../tensor/index.js';
import { ProbeImagesError, RefusedError } from './errors.js';
import type { Reading } from './measure.js';
import { measures } from './measures.js';
import { type MeasureRequest, readMeasures, type Refusal } from './read.js';
import { subject } from './subject.js';

/** Images as people have them: a 4-D tensor, nested lists, or numbers in NHWC order with their shape. */
export type Images =
  | tf.Tensor4D
  | readonly (readonly (readonly (readonly number[])[])[])[]
  | { readonly data: ArrayLike<number>; readonly shape: readonly [number, number, number, number] };

export interface MeasureOwnOptions {
  /** Which measures; all that apply when left out. */
  readonly measures?: readonly MeasureRequest[];
  /** The images that the net was trained on, for measures that compare with them or fit something on them. */
  readonly training?: { readonly images: Images; readonly labels: ArrayLike<number> };
  /** Class names in label order; the indices when left out. */
  readonly classes?: readonly string[];
  /** Seed for anything that is sampled; 0 when left out. */
  readonly seed?: number;
  readonly onReading?: (reading: Reading, seconds: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Measures any tfjs model on held-out images. Of a graph model, and of a Layers model with a layer that no measure can treat, only
 * what needs nothing but outputs is measured; the others are refused with that layer's name.
 *
 * @param images scaled as the net expects them.
 * @param labels class index of each image.
 * @throws OpaqueNetError for a model without one row of outputs an image; RefusedError when a measure that was asked for by
 * name does not apply. With no measures named, those that do not apply are listed in `refused`.
 */
export async function measure(
  model: tf.LayersModel | tf.GraphModel,
  images: Images,
  labels: ArrayLike<number>,
  options: MeasureOwnOptions = {},
): Promise<{ readings: Reading[]; refused: Refusal[] }> {
  await ready();
  const given = plain(images);
  const graph = await graphFor(model, given);
  const outputs = graph.nodes.at(-1)!.shape.at(-1)!;
  const classes = options.classes ?? Array.from({ length: outputs }, (_, label) => String(label));
  const { training, seed = 0 } = options;
  const test = dataset('images', given, labels, classes, seed);
  const train = training
    ? dataset('training images', plain(training.images), training.labels, classes, seed)
    : none(test);
  const of = subject(model, { train, test }, { seed, graph });
  try {
    const made = await readMeasures(of, options.measures ?? measures.names, options);
    const [first] = made.refused;
    if (options.measures && first) throw new RefusedError(first.measure, first.reason);
    return made;
  } finally {
    of.dispose();
    if (graph.model !== model) graph.model.dispose();
  }
}

/** The graph of a model's layers, or of its outputs alone where the layers are not known. */
async function graphFor(
  model: tf.LayersModel | tf.GraphModel,
  { pixels, shape }: Pixels,
): Promise<Graph> {
  if (shape.length !== 4 || shape[0] === 0) throw notImages('images', shape);
  let reason = 'it is a graph model';
  if (model instanceof tf.LayersModel) {
    checkInput(model, shape);
    try {
      return checkOutputs(graphOf(await ofSize(model, shape)));
    } catch (error) {
      if (!(error instanceof UnsupportedLayerError)) throw error;
      reason = error.message;
    }
  }
  const some = Math.min(8, shape[0]!);
  const size = shape[1]! * shape[2]! * shape[3]!;
  const example = tf.tensor4d(pixels.subarray(0, some * size), [
    some,
    shape[1]!,
    shape[2]!,
    shape[3]!,
  ]);
  try {
    return checkOutputs(opaqueGraph(model, reason, example));
  } finally {
    example.dispose();
  }
}

/** @throws OpaqueNetError for several inputs; ProbeImagesError where the images are not what the one input takes. */
function checkInput({ inputs }: tf.LayersModel, shape: readonly number[]): void {
  if (inputs.length !== 1) {
    throw new OpaqueNetError(
      `the model has ${inputs.length} inputs (${inputs.map(({ name }) => name).join(', ')}); one of images is needed`,
    );
  }
  const wanted = inputs[0]!.shape.slice(1);
  const fits =
    wanted.length !== 3 || wanted.every((axis, i) => axis === null || axis === shape[i + 1]);
  if (fits) return;
  const turned = [3, 1, 2].every((from, axis) => wanted[axis] === shape[from]);
  throw new ProbeImagesError(
    `the images are ${shape.slice(1).join(' × ')}, the net takes ${wanted.map((axis) => axis ?? 'any').join(' × ')}${turned ? ': it has channels first, and measures need height × width × channels' : ''}`,
  );
}

/** A model that takes images of any size, for the size of these: the same weights, with the sizes of all layers known. */
async function ofSize(model: tf.LayersModel, shape: readonly number[]): Promise<tf.LayersModel> {
  if (model.inputs[0]!.shape.slice(1).every((axis) => axis !== null)) return model;
  const open = (value: unknown) => Array.isArray(value) && value.slice(1).includes(null);
  const topology = JSON.parse(JSON.stringify(model.toJSON(null, false)), (key, value) =>
    /^batch_?input_?shape$/i.test(key) && open(value) ? [null, ...shape.slice(1)] : value,
  );
  const sized = await tf.models.modelFromJSON({ modelTopology: topology });
  sized.setWeights(model.getWeights());
  return sized;
}

/** @throws OpaqueNetError where the graph does not end in one number for each of several classes. */
function checkOutputs(graph: Graph): Graph {
  const { shape, name } = graph.nodes.at(-1)!;
  if (shape.length !== 1) {
    throw new OpaqueNetError(
      `the model gives ${shape.join(' × ')} for an image (${name}); one row of classes an image is needed`,
    );
  }
  if (shape[0] === 1) {
    throw new OpaqueNetError(
      `the model gives one number for an image (${name}); measures need one for each class, so two where there are two`,
    );
  }
  return graph;
}

function notImages(name: string, shape: readonly number[]): ProbeImagesError {
  return new ProbeImagesError(
    `${name} must be [count, height, width, channels] with at least one image, not [${shape.join(', ')}]`,
  );
}

interface Pixels {
  readonly pixels: Float32Array;
  readonly shape: readonly number[];
}

function dataset(
  name: string,
  { pixels, shape }: Pixels,
  labels: ArrayLike<number>,
  classes: readonly string[],
  seed: number,
): Dataset {
  if (shape.length !== 4 || shape[0] === 0) throw notImages(name, shape);
  for (let i = 0; i < pixels.length; i++) {
    if (!Number.isFinite(pixels[i])) {
      const image = Math.floor(i / (pixels.length / shape[0]!));
      throw new ProbeImagesError(`${name}: image ${image} holds NaN or infinity`);
    }
  }
  for (let i = 0; i < labels.length; i++) {
    if (!Number.isInteger(labels[i])) {
      throw new ProbeImagesError(`${name}: label ${i} is ${labels[i]}, not a class index`);
    }
  }
  if (labels.length !== shape[0] || pixels.length !== shape.reduce((all, axis) => all * axis, 1)) {
    throw new ProbeImagesError(
      `${name}: ${pixels.length} pixels and ${labels.length} labels do not make ${shape.join(' × ')} images`,
    );
  }
  // Any beginning of a set must be like the whole, and people's images often come sorted by class.
  const order = random(seed, 'order of images', name).permutation(shape[0]!);
  const size = pixels.length / shape[0]!;
  const shuffled = new Float32Array(pixels.length);
  for (const [to, from] of order.entries()) {
    shuffled.set(pixels.subarray(from * size, (from + 1) * size), to * size);
  }
  const indices = Int32Array.from(order, (from) => labels[from]!);
  const digest = createHash('sha256').update(shuffled).update(indices).digest('hex');
  return {
    name,
    images: shuffled,
    labels: indices,
    shape: shape as unknown as Dataset['shape'],
    classes,
    digest,
  };
}

function plain(images: Images): Pixels {
  if (images instanceof tf.Tensor) {
    return { pixels: Float32Array.from(images.dataSync()), shape: images.shape };
  }
  if (!Array.isArray(images)) {
    const { data, shape } = images as Exclude<Images, tf.Tensor4D | readonly unknown[]>;
    return { pixels: Float32Array.from(data), shape };
  }
  const shape: number[] = [];
  for (let level: unknown = images; Array.isArray(level); level = level[0])
    shape.push(level.length);
  return { pixels: Float32Array.from(images.flat(3) as number[]), shape };
}

/** The training images of a net of which they are not known. */
function none({ shape, classes }: Dataset): Dataset {
  return {
    name: 'not given',
    images: new Float32Array(0),
    labels: new Int32Array(0),
    shape: [0, shape[1], shape[2], shape[3]],
    classes,
    digest: '',
  };
}
