import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { readMeasure, subject, walkSegment } from '../../../src/lab/measure/index.js';
import { planeRegions, TooManyRegionsError } from '../../../src/lab/measure/plane.js';
import { buildNet, graphOf } from '../../../src/lab/nets/index.js';
import { random, ready, tf } from '../../../src/lab/tensor/index.js';
import { close } from './close.js';
import { denseNet, noiseSplit, unsettle } from './helpers.js';

/** A ReLU layer of lines a·x + b·y + c on the unit square, and one output. */
function lines(given: readonly (readonly [number, number, number])[]) {
  return graphOf(
    denseNet([
      {
        kernel: [given.map(([a]) => a), given.map(([, b]) => b)],
        bias: given.map(([, , c]) => c),
      },
      { kernel: given.map(() => [1]) },
    ]),
  );
}

const square = {
  origin: Float64Array.of(0, 0),
  sides: [Float64Array.of(1, 0), Float64Array.of(0, 1)] as const,
};

/** Distinct ReLU patterns on a fine grid: what sampling finds of the regions. */
function sampled(
  graph: ReturnType<typeof graphOf>,
  origin: Float64Array,
  u: Float64Array,
  v: Float64Array,
  side: number,
): number {
  const points = new Float32Array(side * side * origin.length);
  for (let i = 0; i < side; i++) {
    for (let j = 0; j < side; j++) {
      for (let k = 0; k < origin.length; k++) {
        points[(i * side + j) * origin.length + k] =
          origin[k]! + ((i + 0.5) / side) * u[k]! + ((j + 0.5) / side) * v[k]!;
      }
    }
  }
  const own = graph.model as tf.LayersModel;
  const model = tf.model({
    inputs: own.inputs,
    outputs: graph.nodes.flatMap(({ op, name }) => (op === 'relu' ? [reluOf(graph, name)] : [])),
  });
  const x = tf.tensor(points, [side * side, ...graph.input]);
  const outputs = model.predict(x, { batchSize: 512 });
  const patterns = (Array.isArray(outputs) ? outputs : [outputs]).map((each) =>
    tf.greater(each, 0).reshape([side * side, -1]),
  );
  const bits = tf.concat(patterns, 1).dataSync();
  const width = bits.length / (side * side);
  const seen = new Set<string>();
  for (let p = 0; p < side * side; p++) seen.add(bits.slice(p * width, (p + 1) * width).join(''));
  return seen.size;
}

function reluOf(graph: ReturnType<typeof graphOf>, name: string): tf.SymbolicTensor {
  const node = (graph.model as tf.LayersModel).layers.find((layer) => layer.name === name);
  return node!.output as tf.SymbolicTensor;
}

describe('linear regions on planes', () => {
  before(() => ready());

  // n lines in general position that all meet inside cut a square into 1 + n + (number of crossings) parts.
  it('of lines are those of the arrangement, counted by hand', () => {
    const cross = lines([
      [1, 0, -0.5],
      [0, 1, -0.5],
    ]);
    assert.equal(planeRegions(cross, square.origin, square.sides).regions, 4);
    const parallel = lines([
      [1, 0, -0.25],
      [1, 0, -0.5],
      [1, 0, -0.75],
    ]);
    assert.equal(planeRegions(parallel, square.origin, square.sides).regions, 4);
    const generic = lines([
      [1, 0.1, -0.5],
      [0.1, 1, -0.5],
      [1, 1, -0.8],
    ]);
    assert.equal(planeRegions(generic, square.origin, square.sides).regions, 7);
    const concurrent = lines([
      [1, 0, -0.5],
      [0, 1, -0.5],
      [1, -1, 0],
    ]);
    assert.equal(planeRegions(concurrent, square.origin, square.sides).regions, 6);
    const outside = lines([
      [1, 0, 3],
      [0, 1, -5],
    ]);
    assert.equal(planeRegions(outside, square.origin, square.sides).regions, 1);
  });

  it('of two folded coordinates are 2^L by 2^L', () => {
    // The tent map of Telgarsky on each coordinate: σ(2x) − σ(4x − 2), L times over.
    const fold = {
      kernel: [
        [2, 4, 0, 0],
        [0, 0, 2, 4],
      ],
      bias: [0, -2, 0, -2],
    };
    const join = [
      [2, 4, 0, 0],
      [-2, -4, 0, 0],
      [0, 0, 2, 4],
      [0, 0, -2, -4],
    ];
    for (const layers of [1, 2, 3]) {
      const net = denseNet([
        fold,
        ...Array.from({ length: layers - 1 }, () => ({ kernel: join, bias: [0, -2, 0, -2] })),
        {
          kernel: [
            [1, 0],
            [-1, 0],
            [0, 1],
            [0, -1],
          ],
        },
      ]);
      const { regions, polygons } = planeRegions(graphOf(net), square.origin, square.sides);
      assert.equal(regions, 4 ** layers);
      const area = polygons.reduce((sum, { corners }) => sum + polygonArea(corners), 0);
      close(area, 1, 1e-9);
    }
  });

  it('hold all patterns that sampling finds, and no more than a few that it misses', () => {
    const nets = [
      buildNet({ family: 'plain', depth: 4, width: 2, input: [4, 4, 1], classes: 3 }),
      buildNet({ family: 'residual', depth: 8, width: 2, input: [4, 4, 1], classes: 3 }),
    ];
    for (const [index, net] of nets.entries()) {
      const graph = graphOf(unsettle(net, index + 3));
      const generator = random(index);
      const draw = () => Float64Array.from({ length: 16 }, () => generator.normal());
      const [origin, u, v] = [draw(), draw(), draw()];
      const exact = planeRegions(graph, origin, [u, v]).regions;
      const single = planeRegions(graph, origin, [u, v], { precision: 'single' }).regions;
      const found = sampled(graph, origin, u, v, 150);
      assert.ok(found <= exact, `${found} sampled, ${exact} counted`);
      assert.ok(found > 0.7 * exact, `${found} sampled, ${exact} counted`);
      close(single, exact, 0.01);
    }
  });

  it('agree with the segment along a side', () => {
    const graph = graphOf(
      unsettle(buildNet({ family: 'plain', depth: 4, width: 2, input: [4, 4, 1], classes: 3 })),
    );
    const generator = random(12);
    const draw = () => Float64Array.from({ length: 16 }, () => generator.normal());
    const [a, b, c] = [draw(), draw(), draw()];
    const side = a.map((each, i) => b[i]! - each);
    const { polygons } = planeRegions(graph, a, [side, a.map((each, i) => c[i]! - each)]);
    const below = new Set(
      polygons.flatMap(({ corners, region }) =>
        corners.some(([, y]) => y < 1e-9) && touches(corners) ? [region] : [],
      ),
    );
    assert.equal(below.size, walkSegment(graph, a, b, { precision: 'double' }).activationRegions);
  });

  it('count the pieces of max pooling', () => {
    const model = tf.sequential({
      layers: [
        tf.layers.maxPooling2d({ inputShape: [1, 2, 1], poolSize: [1, 2] }),
        tf.layers.flatten({}),
        tf.layers.dense({ units: 1 }),
      ],
    });
    // max(x, y) on the square has two pieces, apart along the diagonal.
    assert.equal(planeRegions(graphOf(model), square.origin, square.sides).regions, 2);
  });

  it('stop at a stated number, and refuse what does not fit', () => {
    const many = lines(
      Array.from({ length: 40 }, (_, i) => [
        Math.cos(i),
        Math.sin(i),
        -0.5 * (Math.cos(i) + Math.sin(i)),
      ]),
    );
    assert.throws(
      () => planeRegions(many, square.origin, square.sides, { most: 20 }),
      TooManyRegionsError,
    );
    assert.throws(
      () => planeRegions(many, Float64Array.of(0), square.sides),
      /input has 2 values, not 1/,
    );
  });

  it('are read on a net with an interval, a picture and regions by node', async () => {
    const net = unsettle(
      buildNet({ family: 'residual', depth: 8, width: 2, input: [8, 8, 1], classes: 3 }),
    );
    const of = subject(net, noiseSplit(12, [8, 8, 1], 3));
    const made = await readMeasure(of, 'plane-regions');
    const planes = made.extra.planes as { regions: number }[];
    assert.equal(planes.length, 3);
    assert.ok(planes.every(({ regions }) => regions >= 1));
    assert.ok(made.value > 0 && made.interval !== null);
    assert.equal((made.extra.polygons as unknown[]).length, 1);
    of.dispose();
  });
});

function polygonArea(corners: readonly (readonly [number, number])[]): number {
  return Math.abs(
    corners.reduce((sum, [x, y], i) => {
      const [nextX, nextY] = corners[(i + 1) % corners.length]!;
      return sum + x * nextY - nextX * y;
    }, 0) / 2,
  );
}

/** Whether a polygon has an edge, not only a corner, on the side y = 0. */
function touches(corners: readonly (readonly [number, number])[]): boolean {
  return corners.filter(([, y]) => y < 1e-9).length > 1;
}
