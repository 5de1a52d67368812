/**
 * The exact list of linear regions that a straight segment of input space crosses.
 *
 * Along x(t) = a + t(b − a) every unit of a ReLU net is a piecewise-linear function of t. The net is walked layer by layer
 * with the slopes of all units on all pieces known so far; where a unit's sum crosses zero inside a piece (or, in max
 * pooling, where another member takes the lead) the piece is split. Only slopes need the weights: the values at the ends of
 * pieces follow by adding them up, in double precision. So each count is that of a net that differs from the given one by
 * the rounding of the slopes: 1e-16 of their size in double, 1e-7 in single precision, and it is a consistent
 * piecewise-linear function whatever the precision. `drift` says how far that went.
 */
import type { Graph } from '../nets/graph.js';
import { evaluate, type Numbers, type Plan, planOf } from './affine.js';
import { type Grid, insert, refine, spread } from './segment-grid.js';
import { type Carry, splitMax, splitRelu } from './segment-switches.js';

export interface SegmentOptions {
  /** `single`: convolutions run in TensorFlow on float32. `double`: plain arrays, about 30 times slower. */
  readonly precision?: 'single' | 'double';
  /**
   * Splits nearer to each other than this share of the whole segment count as one, since units that mathematically switch
   * together do so to rounding only. 1e-12 when left out; distinct splits as near as that are rarer than 1 in 1,000
   * segments up to 30,000 regions.
   */
  readonly tolerance?: number;
  /** The part of the segment that is walked, 0 ≤ from < to ≤ 1; all of it when left out. */
  readonly part?: readonly [from: number, to: number];
  /**
   * Slopes of the outputs on neighbouring pieces that differ by less than this share of the largest slope count as the same
   * linear map. When left out: 1e-10 in double, 1e-6 in single precision.
   */
  readonly sameMap?: number;
}

export interface Segment {
  /** Pieces on which every ReLU and every max keeps its branch. */
  readonly activationRegions: number;
  /** Runs of pieces on which the outputs are one affine function of t: switches that the outputs do not feel are no ends. */
  readonly linearPieces: number;
  /** Positions of the boundaries between activation regions, rising, in t. */
  readonly boundaries: Float64Array;
  /** How many boundaries were first found at each ReLU or max-pooling node, input side first. */
  readonly byNode: readonly {
    readonly node: string;
    readonly boundaries: number;
    readonly units: number;
  }[];
  /** ReLU units of the net. */
  readonly neurons: number;
  /** Euclidean length of the part walked. */
  readonly length: number;
  /** Largest difference, at the end, of a unit's sum from its direct evaluation, as a share of that layer's largest sum. */
  readonly drift: number;
  /** Mean over boundaries of |change of the outputs' slope| / |slope before|, Euclidean; 0 where there is no boundary. */
  readonly slopeChange: number;
}

/** Pieces in one go aim at this number, which keeps the arrays of a wide layer in a few megabytes. */
const PIECES = 192;
/** Largest array of slopes in one go, numbers. */
const LARGEST = 16e6;

/** A walker over segments of one net: its weights are read once. Dispose it when done. */
export interface SegmentWalker {
  walk(from: Numbers, to: Numbers, options?: Omit<SegmentOptions, 'precision'>): Segment;
  dispose(): void;
}

/** Linear regions on one segment between two inputs; use a walker for several segments of the same net. */
export function walkSegment(
  graph: Graph,
  from: Numbers,
  to: Numbers,
  options: SegmentOptions = {},
): Segment {
  const walker = segmentWalker(graph, options.precision);
  try {
    return walker.walk(from, to, options);
  } finally {
    walker.dispose();
  }
}

export function segmentWalker(
  graph: Graph,
  precision: 'single' | 'double' = 'single',
): SegmentWalker {
  const plan = planOf(graph, precision);
  return {
    walk: (from, to, options = {}) => walk(plan, precision, from, to, options),
    dispose: () => plan.dispose(),
  };
}

function walk(
  plan: Plan,
  precision: 'single' | 'double',
  from: Numbers,
  to: Numbers,
  options: Omit<SegmentOptions, 'precision'>,
): Segment {
  const { tolerance = 1e-12, part = [0, 1] } = options;
  const { sameMap = precision === 'double' ? 1e-10 : 1e-6 } = options;
  const size = plan.sizes[0]!;
  if (from.length !== size || to.length !== size) {
    throw new RangeError(
      `the ends of a segment must have the ${size} values of the net's input, not ${from.length} and ${to.length}`,
    );
  }
  if (!(part[0] >= 0 && part[0] < part[1] && part[1] <= 1)) {
    throw new RangeError(`part must be [from, to] with 0 ≤ from < to ≤ 1, not [${part}]`);
  }
  const direction = Float64Array.from(from, (value, i) => to[i]! - value);
  const at = (t: number) => direction.map((step, i) => from[i]! + t * step);
  const start = evaluate(plan, at(part[0]));
  const carries = new Map<number, Carry>();
  const found = new Map<number, number>();
  for (const step of plan.steps) {
    if (step.kind === 'affine') continue;
    carries.set(step.output, {
      values: start.get(step.inputs[0]!)!.slice(),
      branch: new Int32Array(step.size).fill(-1),
    });
    found.set(step.output, 0);
  }

  const boundaries: number[] = [];
  const outputs = compare(plan.sizes[plan.output]!, sameMap);
  const widest = Math.max(...plan.sizes);
  const most = Math.max(8, Math.floor(LARGEST / widest));
  let t = part[0];
  // The first chunk is short: it finds out how dense boundaries are.
  let reach = Math.min(1, (part[1] - t) / 64);
  while (t < part[1]) {
    const end = part[1] - t <= reach * 1.001 ? part[1] : t + reach;
    const span = { from: t, to: end, last: end === part[1] };
    const chunk = walkChunk(plan, precision, direction, span, carries, found, tolerance);
    if (chunk.switchedAtStart) boundaries.push(t);
    for (let i = 1; i < chunk.ends.length - 1; i++) boundaries.push(chunk.ends[i]!);
    outputs.add(chunk.slopes, chunk.switchedAtStart);
    const pieces = chunk.ends.length - 1;
    reach = (end - t) * Math.min(8, Math.min(PIECES, most) / pieces);
    t = end;
  }

  const finish = evaluate(plan, at(part[1]));
  let drift = 0;
  for (const step of plan.steps) {
    if (step.kind === 'affine') continue;
    const direct = finish.get(step.inputs[0]!)!;
    const { values } = carries.get(step.output)!;
    let largest = 0;
    let furthest = 0;
    for (let i = 0; i < direct.length; i++) {
      largest = Math.max(largest, Math.abs(direct[i]!));
      furthest = Math.max(furthest, Math.abs(direct[i]! - values[i]!));
    }
    if (largest > 0) drift = Math.max(drift, furthest / largest);
  }
  return {
    activationRegions: boundaries.length + 1,
    linearPieces: outputs.changes + 1,
    boundaries: Float64Array.from(boundaries),
    byNode: plan.steps.flatMap((step) =>
      step.kind === 'affine'
        ? []
        : [{ node: step.name, boundaries: found.get(step.output)!, units: step.size }],
    ),
    neurons: plan.neurons,
    length: Math.hypot(...direction) * (part[1] - part[0]),
    drift,
    slopeChange: outputs.meanChange,
  };
}

/** Walks one chunk, moving the carries along. */
function walkChunk(
  plan: Plan,
  precision: 'single' | 'double',
  direction: Float64Array,
  { from, to, last }: { from: number; to: number; last: boolean },
  carries: ReadonlyMap<number, Carry>,
  found: Map<number, number>,
  tolerance: number,
): { ends: Float64Array; slopes: Numbers; switchedAtStart: boolean } {
  const grids: Grid[] = [{ ends: Float64Array.of(from, to), parent: Int32Array.of(0) }];
  const slopes = precision === 'double' ? direction : Float32Array.from(direction);
  /** Slopes of each live node, one row a piece of the grid that they were made on. */
  const live = new Map<number, { slopes: Numbers; grid: number }>([[0, { slopes, grid: 0 }]]);
  const lastReader = new Map<number, number>();
  for (const [i, step] of plan.steps.entries()) {
    for (const input of step.inputs) lastReader.set(input, i);
  }
  let switchedAtStart = false;
  const current = (node: number): Numbers => {
    const known = live.get(node)!;
    const latest = grids.length - 1;
    if (known.grid < latest) {
      known.slopes = refine(known.slopes, plan.sizes[node]!, grids, known.grid);
      known.grid = latest;
    }
    return known.slopes;
  };
  for (const [i, step] of plan.steps.entries()) {
    const inputs = step.inputs.map(current);
    const { ends } = grids.at(-1)!;
    const pieces = ends.length - 1;
    let made: Numbers;
    if (step.kind === 'affine') {
      made = step.apply(inputs, pieces, false);
    } else {
      const carry = carries.get(step.output)!;
      const result =
        step.kind === 'relu'
          ? splitRelu(inputs[0]!, ends, carry, tolerance, last)
          : splitMax(inputs[0]!, ends, carry, step.windows, tolerance, last);
      switchedAtStart ||= result.switchedAtStart;
      made = result.slopes;
      if (result.splits.length > 0) {
        const { grid, first } = insert(ends, result.splits, tolerance);
        const choose =
          step.kind === 'relu'
            ? (unit: number, branch: number) => (branch === 1 ? unit : -1)
            : (_unit: number, branch: number) => branch;
        made = spread(made, inputs[0]!, step.size, result.splits, grid, first, choose);
        grids.push(grid);
        found.set(step.output, found.get(step.output)! + grid.ends.length - ends.length);
      }
    }
    live.set(step.output, { slopes: made, grid: grids.length - 1 });
    for (const input of step.inputs) if (lastReader.get(input) === i) live.delete(input);
  }
  return { ends: grids.at(-1)!.ends, slopes: current(plan.output), switchedAtStart };
}

/** Counts changes of the outputs' slope from piece to piece, over chunks. */
function compare(outputs: number, sameMap: number) {
  let last: Numbers | null = null;
  let scale = 0;
  let changes = 0;
  let boundaries = 0;
  let total = 0;
  return {
    add(slopes: Numbers, switchedAtStart: boolean) {
      for (let from = 0; from < slopes.length; from += outputs) {
        const row = slopes.subarray(from, from + outputs);
        for (const slope of row) scale = Math.max(scale, Math.abs(slope));
        if (last !== null) {
          let furthest = 0;
          let squares = 0;
          let before = 0;
          for (let o = 0; o < outputs; o++) {
            const change = row[o]! - last[o]!;
            furthest = Math.max(furthest, Math.abs(change));
            squares += change * change;
            before += last[o]! * last[o]!;
          }
          if (from > 0 || switchedAtStart) {
            boundaries++;
            if (before > 0) total += Math.sqrt(squares / before);
          }
          if (furthest > sameMap * scale) changes++;
        }
        last = row.slice();
      }
    },
    get changes() {
      return changes;
    },
    get meanChange() {
      return boundaries === 0 ? 0 : total / boundaries;
    },
  };
}
