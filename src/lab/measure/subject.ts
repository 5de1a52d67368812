/**
 * A net with its images, as measures see it: activations of all layers are computed in one pass, kept in bounded memory, and
 * shared by every measure.
 */
import type { Dataset, Split } from '../data/dataset.js';
import { forward } from '../nets/forward.js';
import { type Graph, graphOf, type NetSpec, sizeOf, specOf } from '../nets/index.js';
import { tf } from '../tensor/index.js';
import { NotFiniteError, ProbeImagesError } from './errors.js';
import { blockEnds, positions } from './layers.js';
import type { Activations, Subject } from './measure.js';
import { reduce, reductionOf, type Reduction } from './reduce.js';
import { fileShelf, memoryShelf, type Shelf } from './shelf.js';

export interface SubjectOptions {
  /** What the net was built from; what the net says of itself when left out, null for nets that Fathom did not build. */
  readonly spec?: NetSpec | null;
  /** The graph of the net, where it is made already; that of its layers when left out. */
  readonly graph?: Graph;
  /** Seed for anything that a measure samples; 0 when left out. */
  readonly seed?: number;
  /** Bytes of activations kept in memory; what is above goes to files in `scratch`. 512 MiB when left out. */
  readonly memoryBytes?: number;
  /** Folder for activations that do not fit into memory; the system's temporary folder when left out. */
  readonly scratch?: string;
}

/** One batch holds at most this much of all nodes' outputs together, so that a pass over a deep net stays small. */
const BATCH_BYTES = 128 * 2 ** 20;
const MEMORY_BYTES = 512 * 2 ** 20;

/**
 * A subject. Dispose it when all is measured.
 *
 * @throws UnsupportedLayerError for a net that is no graph of known operations; NotFiniteError when a weight is NaN or
 * infinite (a diverged net); ProbeImagesError when images and net do not fit together.
 */
export function subject(
  net: tf.LayersModel | tf.GraphModel,
  split: Split,
  options: SubjectOptions = {},
): Subject {
  const layered = net instanceof tf.LayersModel ? net : null;
  const {
    spec = layered && specOf(layered),
    seed = 0,
    memoryBytes = MEMORY_BYTES,
    scratch,
  } = options;
  const graph = options.graph ?? graphOf(net as tf.LayersModel);
  if (layered !== null) checkWeights(layered);
  for (const set of ['train', 'test'] as const) checkImages(split[set], graph, set);
  const layers = blockEnds(graph);
  const output = graph.nodes.at(-1)!.name;
  const places = positions(graph);
  const shapes = new Map(graph.nodes.map((node) => [node.name, node.shape]));
  const perImage = graph.nodes.reduce((sum, node) => sum + sizeOf(node.shape), 0) * 4;
  const batch = Math.max(1, Math.min(256, Math.floor(BATCH_BYTES / perImage)));
  let kept = 0;

  /** Layers that are computed together, with the shelves that they lie on. */
  interface Pass {
    readonly layers: readonly string[];
    readonly shelves: Map<string, Shelf>;
    readonly reductions: ReadonlyMap<string, Reduction> | null;
    /** Bytes set aside for the pass in memory, or null where it lies in files. */
    memory: number | null;
    readonly set: 'train' | 'test';
    /** Images of it that were announced: a sweep made for another pass fills it too. */
    expected: number;
  }
  const passes = new Map<string, Pass>();
  /** The last sweep over each set: calls at the same time wait for each other. */
  const tails = { train: Promise.resolve(), test: Promise.resolve() };

  function passOf(set: 'train' | 'test', names: readonly string[], limit: number): Pass {
    const key = JSON.stringify([set, names, limit]);
    const known = passes.get(key);
    if (known) return known;
    const reductions =
      limit === Infinity
        ? null
        : new Map(names.map((name) => [name, reductionOf(shapes.get(name)!, limit)]));
    const pass: Pass = {
      layers: names,
      shelves: new Map(),
      reductions,
      memory: 0,
      set,
      expected: 0,
    };
    for (const name of names) pass.shelves.set(name, memoryShelf(rowLength(pass, name)));
    passes.set(key, pass);
    return pass;
  }

  function rowLength({ reductions }: Pass, layer: string): number {
    return reductions?.get(layer)?.features ?? sizeOf(shapes.get(layer)!);
  }

  /** Sets memory aside for `count` rows of a pass, or moves it to files. */
  function makeRoom(pass: Pass, count: number): void {
    if (pass.memory === null) return;
    const bytes = 4 * count * pass.layers.reduce((sum, name) => sum + rowLength(pass, name), 0);
    const more = Math.max(0, bytes - pass.memory);
    if (kept + more <= memoryBytes) {
      kept += more;
      pass.memory += more;
      return;
    }
    kept -= pass.memory;
    pass.memory = null;
    for (const [name, inMemory] of pass.shelves) {
      const inFile = fileShelf(rowLength(pass, name), scratch);
      inFile.append(inMemory.read(inMemory.rows));
      inMemory.dispose();
      pass.shelves.set(name, inFile);
    }
  }

  function rowsIn(pass: Pass): number {
    return pass.shelves.get(pass.layers[0]!)!.rows;
  }

  /** Fills a pass up to `count` images, and on the way those that wait for the same ones. */
  async function extend(pass: Pass, count: number): Promise<void> {
    const { images, shape } = split[pass.set];
    const size = shape[1] * shape[2] * shape[3];
    while (rowsIn(pass) < count) {
      const from = rowsIn(pass);
      const to = Math.min(from + batch, count);
      const others = [...passes.values()].filter(
        (other) =>
          other !== pass &&
          other.set === pass.set &&
          other.expected > from &&
          rowsIn(other) === from,
      );
      const filled = [
        { pass, until: to },
        ...others.map((other) => ({ pass: other, until: Math.min(to, other.expected) })),
      ];
      const names = [...new Set(filled.flatMap((each) => each.pass.layers))];
      const pixels = images.subarray(from * size, to * size);
      const outputs = tf.tidy(() => {
        const x = tf.tensor(pixels, [to - from, ...graph.input]);
        const { kept: tensors, logits } = forward(graph, x, {
          keep: names.filter((name) => name !== output),
        });
        return names.map((name) => (name === output ? logits : tensors.get(name)!));
      });
      const found = await Promise.all(outputs.map((tensor) => tensor.data<'float32'>()));
      tf.dispose(outputs);
      // All are checked before any is kept: a pass that failed half-way would hold layers of unequal length.
      for (const [i, name] of names.entries()) {
        checkFinite(found[i]!, name, from, found[i]!.length / (to - from));
      }
      for (const { pass: each, until } of filled) {
        makeRoom(each, Math.max(until, each.expected));
        for (const name of each.layers) {
          const data = found[names.indexOf(name)]!;
          const part = data.subarray(0, (data.length / (to - from)) * (until - from));
          const reduction = each.reductions?.get(name);
          const rows = reduction ? reduce(part, shapes.get(name)!, reduction, seed) : part;
          each.shelves.get(name)!.append(rows);
        }
      }
    }
  }

  async function rows(
    layer: string,
    set: 'train' | 'test',
    count: number,
    limit: number,
    names: readonly string[],
  ): Promise<Float32Array> {
    const pass = passOf(set, names, limit);
    const next = tails[set].then(() => extend(pass, count));
    // A sweep that failed may be tried again.
    tails[set] = next.catch(() => {});
    await next;
    return pass.shelves.get(layer)!.read(count);
  }

  function checkCount(set: 'train' | 'test', count: number): void {
    const available = split[set].shape[0];
    if (!Number.isInteger(count) || count < 1 || count > available) {
      throw new ProbeImagesError(`${count} ${set} images asked for, there are ${available}`);
    }
  }

  function companions(layer: string): readonly string[] {
    if (layers.includes(layer)) return layers;
    if (!shapes.has(layer)) {
      throw new RangeError(`the net has no node ${layer}; it has ${[...shapes.keys()].join(', ')}`);
    }
    return [layer];
  }

  return {
    net,
    graph,
    spec,
    train: split.train,
    test: split.test,
    seed,
    layers,
    position: (layer) => {
      companions(layer);
      return places.get(layer)!;
    },
    async activations(layer, set = 'test', count = split[set].shape[0]): Promise<Activations> {
      checkCount(set, count);
      const data = await rows(layer, set, count, Infinity, companions(layer));
      return { data, shape: [count, ...shapes.get(layer)!] };
    },
    async features(layer, set, count, limit): Promise<Activations> {
      checkCount(set, count);
      const data = await rows(layer, set, count, limit, companions(layer));
      return { data, shape: [count, data.length / count] };
    },
    async logits(set) {
      const count = split[set].shape[0];
      checkCount(set, count);
      return rows(output, set, count, Infinity, [output]);
    },
    expect(wants) {
      for (const { set, count, of } of wants) {
        const pass =
          of === 'logits'
            ? passOf(set, [output], Infinity)
            : passOf(set, layers, of === 'layers' ? Infinity : of.limit);
        pass.expected = Math.max(pass.expected, Math.min(count, split[set].shape[0]));
      }
    },
    dispose() {
      for (const { shelves } of passes.values())
        for (const shelf of shelves.values()) shelf.dispose();
      passes.clear();
      kept = 0;
    },
  };
}

function checkWeights(net: tf.LayersModel): void {
  for (const weight of net.weights) {
    const values = (weight.read() as tf.Tensor).dataSync<'float32'>();
    if (!values.every(Number.isFinite)) throw new NotFiniteError(weight.originalName, null);
  }
}

function checkFinite(data: Float32Array, layer: string, first: number, size: number): void {
  // 0 · x is 0 or NaN; four sums at once, as each addition waits for the one before.
  let [a, b, c, d] = [0, 0, 0, 0];
  let i = 0;
  for (; i + 3 < data.length; i += 4) {
    a += 0 * data[i]!;
    b += 0 * data[i + 1]!;
    c += 0 * data[i + 2]!;
    d += 0 * data[i + 3]!;
  }
  for (; i < data.length; i++) a += 0 * data[i]!;
  if (a + b + c + d === 0) return;
  const at = data.findIndex((value) => !Number.isFinite(value));
  throw new NotFiniteError(layer, first + Math.floor(at / size));
}

function checkImages({ images, labels, shape, name }: Dataset, graph: Graph, set: string): void {
  const [count, ...image] = shape;
  if (images.length !== sizeOf(shape) || labels.length !== count) {
    throw new ProbeImagesError(
      `${name} (${set}): ${images.length} pixels and ${labels.length} labels do not make ${shape.join(' × ')} images`,
    );
  }
  if (count > 0 && sizeOf(image) !== sizeOf(graph.input)) {
    throw new ProbeImagesError(
      `${name} (${set}) has images of ${image.join(' × ')}, the net takes ${graph.input.join(' × ')}`,
    );
  }
  const outputs = sizeOf(graph.nodes.at(-1)!.shape);
  for (const [i, label] of labels.entries()) {
    if (!Number.isInteger(label) || label < 0 || label >= outputs) {
      throw new ProbeImagesError(
        `${name} (${set}): label ${i} is ${label}, the net's outputs are 0 … ${outputs - 1}`,
      );
    }
  }
}
