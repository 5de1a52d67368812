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
import { evaluate, like, type Numbers, type Plan, planOf, type Windows } from './affine.js';

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

/** What a ReLU or max pooling carries from the end of one chunk of the segment to the start of the next. */
interface Carry {
  /** The values that the node reads. */
  readonly values: Float64Array;
  /** Branch of each unit on the last piece: 1 or 0 for a ReLU, the leading member for a max; −1 before the first piece. */
  readonly branch: Int32Array;
}

/** Pieces of the chunk at hand; each split makes a new one. */
interface Grid {
  /** Ends of pieces: one more than there are pieces. */
  readonly ends: Float64Array;
  /** For each piece, the piece of the grid before that it lies in. */
  readonly parent: Int32Array;
}

interface Split {
  readonly t: number;
  readonly piece: number;
  readonly unit: number;
  /** Branch from here on. */
  readonly branch: number;
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

/**
 * Rounding of the values of a layer: a share of its largest one. A unit that rests (slope exactly 0) as near to zero as that
 * is zero: without bias, a unit whose inputs are all off is exactly 0, wakes together with its first input and falls asleep
 * with its last, so that seeing it cross zero by itself would count one boundary twice.
 */
function roundingOf(values: Float64Array, slopes: Numbers): number {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  return largest * (slopes instanceof Float32Array ? 2 ** -22 : 2 ** -48);
}

/**
 * Finds where units cross zero. `slopes` of the answer holds, for each piece, the masked slopes at its start; `splits` are
 * sorted by t. `last` says that the segment ends with this chunk.
 */
function splitRelu(
  slopes: Numbers,
  ends: Float64Array,
  { values, branch }: Carry,
  tolerance: number,
  last: boolean,
) {
  const units = values.length;
  const rounding = roundingOf(values, slopes);
  const masked = like(slopes, slopes.length);
  const splits: Split[] = [];
  const pieces = ends.length - 1;
  let switchedAtStart = false;
  for (let piece = 0; piece < pieces; piece++) {
    const begin = ends[piece]!;
    const span = ends[piece + 1]! - begin;
    const row = piece * units;
    const border = piece === 0 || piece === pieces - 1;
    for (let unit = 0; unit < units; unit++) {
      const value = values[unit]!;
      const slope = slopes[row + unit]!;
      const next = value + slope * span;
      values[unit] = next;
      // Nearly all units of nearly all pieces keep their sign: this is the loop that the time goes into.
      if (!border) {
        if (value > 0 && next > 0) {
          masked[row + unit] = slope;
          continue;
        }
        if (value < 0 && next < 0) continue;
      }
      let on = value > 0;
      let after = on;
      if (value === 0) {
        // On a boundary: the branch of this piece is the side that it leaves to.
        on = slope > 0;
        after = on;
      } else if (on !== next > 0 && next !== 0) {
        const cross = -value / slope;
        const wakes = Math.abs(value) <= rounding && restedBefore(slopes, row + unit, units);
        const sleeps = Math.abs(next) <= rounding && restsAfter(slopes, row + unit, units, last);
        if (cross <= tolerance || wakes) {
          on = next > 0;
          after = on;
        } else if (span - cross > tolerance && !sleeps) {
          after = !on;
          splits.push({ t: begin + cross, piece, unit, branch: after ? 1 : 0 });
        }
      }
      if (on) masked[row + unit] = slope;
      if (piece === 0) {
        if (branch[unit] !== -1 && branch[unit] !== (on ? 1 : 0)) switchedAtStart = true;
      }
      if (piece === pieces - 1) branch[unit] = after ? 1 : 0;
    }
  }
  splits.sort((a, b) => a.t - b.t);
  return { slopes: masked, splits, switchedAtStart };
}

/** Whether the slope at `index` is exactly 0 on the piece before. */
function restedBefore(slopes: Numbers, index: number, width: number): boolean {
  return index >= width && slopes[index - width] === 0;
}

/** Whether the slope at `index` is exactly 0 on the piece after, or the segment ends. */
function restsAfter(slopes: Numbers, index: number, width: number, last: boolean): boolean {
  return index + width < slopes.length ? slopes[index + width] === 0 : last;
}

/** Finds where the leading member of each pooling window changes. */
function splitMax(
  slopes: Numbers,
  ends: Float64Array,
  { values, branch }: Carry,
  { starts, members }: Windows,
  tolerance: number,
  last: boolean,
) {
  const inputs = values.length;
  const rounding = roundingOf(values, slopes);
  const units = branch.length;
  const leading = like(slopes, (ends.length - 1) * units);
  const splits: Split[] = [];
  let switchedAtStart = false;
  const pieces = ends.length - 1;
  for (let piece = 0; piece < pieces; piece++) {
    const begin = ends[piece]!;
    const span = ends[piece + 1]! - begin;
    const row = piece * inputs;
    for (let i = 0; i < inputs; i++) {
      if (slopes[row + i] === 0 && Math.abs(values[i]!) <= rounding) values[i] = 0;
    }
    /** Whether a member comes to rest at zero at the end of the piece. */
    const rests = (i: number) =>
      Math.abs(values[i]! + slopes[row + i]! * span) <= rounding &&
      restsAfter(slopes, row + i, inputs, last);
    for (let unit = 0; unit < units; unit++) {
      // Largest value; of equal ones the steepest, of those the first.
      let lead = members[starts[unit]!]!;
      for (let i = starts[unit]! + 1; i < starts[unit + 1]!; i++) {
        const rival = members[i]!;
        const ahead = values[rival]! - values[lead]!;
        if (ahead > 0 || (ahead === 0 && slopes[row + rival]! > slopes[row + lead]!)) lead = rival;
      }
      let now = 0;
      let first = true;
      for (;;) {
        let next = -1;
        let when = span;
        for (let i = starts[unit]!; i < starts[unit + 1]!; i++) {
          const rival = members[i]!;
          const faster = slopes[row + rival]! - slopes[row + lead]!;
          if (!(faster > 0)) continue;
          const cross = Math.max(now, (values[lead]! - values[rival]!) / faster);
          const wins =
            cross < when ||
            (cross === when && next !== -1 && slopes[row + rival]! > slopes[row + next]!);
          if (wins) {
            when = cross;
            next = rival;
          }
        }
        const splitHere = next !== -1 && when > tolerance && span - when > tolerance;
        if (first && (next === -1 || when > tolerance)) {
          // The leader at the start of the piece is known now.
          leading[piece * units + unit] = slopes[row + lead]!;
          if (piece === 0 && branch[unit] !== -1 && branch[unit] !== lead) switchedAtStart = true;
          first = false;
        }
        if (next === -1 || span - when <= tolerance || (rests(lead) && rests(next))) break;
        lead = next;
        now = when;
        if (splitHere) splits.push({ t: begin + when, piece, unit, branch: lead });
      }
      if (piece === pieces - 1) branch[unit] = lead;
    }
    for (let i = 0; i < inputs; i++) values[i]! += slopes[row + i]! * span;
  }
  splits.sort((a, b) => a.t - b.t);
  return { slopes: leading, splits, switchedAtStart };
}

/** The grid with the splits put in, and for each split the first new piece that begins at it. */
function insert(ends: Float64Array, splits: readonly Split[], tolerance: number) {
  const merged: number[] = [ends[0]!];
  const parent: number[] = [];
  const first = new Int32Array(splits.length);
  let next = 0;
  for (let piece = 0; piece < ends.length - 1; piece++) {
    parent.push(piece);
    while (next < splits.length && splits[next]!.piece === piece) {
      const { t } = splits[next]!;
      // Splits of several units at one point are one boundary.
      if (t - merged.at(-1)! > tolerance) {
        merged.push(t);
        parent.push(piece);
      }
      first[next] = parent.length - 1;
      next++;
    }
    merged.push(ends[piece + 1]!);
  }
  const grid: Grid = { ends: Float64Array.from(merged), parent: Int32Array.from(parent) };
  return { grid, first };
}

/** Rows of the refined grid: each copies its parent's row, then follows the branches that were taken at splits. */
function spread(
  rows: Numbers,
  inputs: Numbers,
  units: number,
  splits: readonly Split[],
  { parent }: Grid,
  first: Int32Array,
  choose: (unit: number, branch: number) => number,
): Numbers {
  const made = like(rows, parent.length * units);
  const width = inputs.length / (rows.length / units);
  let next = 0;
  for (let piece = 0; piece < parent.length; piece++) {
    const from = parent[piece]!;
    if (piece > 0 && parent[piece - 1] === from) {
      made.copyWithin(piece * units, (piece - 1) * units, piece * units);
    } else {
      made.set(rows.subarray(from * units, (from + 1) * units), piece * units);
    }
    for (; next < splits.length && first[next] === piece; next++) {
      const { unit, branch } = splits[next]!;
      const source = choose(unit, branch);
      made[piece * units + unit] = source === -1 ? 0 : inputs[from * width + source]!;
    }
  }
  return made;
}

/** Rows made on an earlier grid, on the latest one. */
function refine(rows: Numbers, size: number, grids: readonly Grid[], made: number): Numbers {
  let source = grids.at(-1)!.parent;
  for (let g = grids.length - 2; g > made; g--) {
    const { parent } = grids[g]!;
    source = source.map((piece) => parent[piece]!);
  }
  const refined = like(rows, source.length * size);
  for (let piece = 0; piece < source.length; piece++) {
    const from = source[piece]! * size;
    refined.set(rows.subarray(from, from + size), piece * size);
  }
  return refined;
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
