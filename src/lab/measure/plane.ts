/**
 * The exact linear regions of a net on a parallelogram of input space (after B. Hanin and D. Rolnick, "Complexity of linear regions in
 * deep networks", ICML 2019, who draw such planes).
 *
 * On a convex polygon where all earlier units keep their branch, every unit is an affine function of the two coordinates. The net is
 * walked layer by layer with the functions of all units on all polygons known so far; a polygon is cut along the line where a unit's
 * sum is zero (or, in max pooling, where another member takes the lead). Polygons with the same branches everywhere are one region:
 * regions are convex, so a region that was cut in two by rounding, or by a lead that did not matter, is counted once.
 */
import type { Graph } from '../nets/graph.js';
import { type Numbers, type Plan, planOf, type Step } from './affine.js';

export interface PlaneOptions {
  /** `single`: convolutions run in TensorFlow on float32. `double` (when left out): plain arrays. */
  readonly precision?: 'single' | 'double';
  /** Polygons above which the walk stops; 20,000 when left out. */
  readonly most?: number;
}

/** One piece of a region: corners in the coordinates of the plane, 0 to 1 along each side. */
export interface PlanePolygon {
  readonly corners: readonly (readonly [number, number])[];
  /** Index of its region. */
  readonly region: number;
  /** Index of the largest output at its centre. */
  readonly answer: number;
}

export interface Plane {
  readonly regions: number;
  readonly polygons: readonly PlanePolygon[];
  /** Cuts first made at each ReLU or max-pooling node, input side first. */
  readonly byNode: readonly { readonly node: string; readonly cuts: number }[];
  readonly neurons: number;
  /** Area of the parallelogram in input units. */
  readonly area: number;
}

/** More polygons than `most` came up. */
export class TooManyRegionsError extends Error {
  override readonly name = 'TooManyRegionsError';
  constructor(readonly most: number) {
    super(`the plane has more than ${most} regions: take a smaller part of it`);
  }
}

/** Polygons that are pushed through the rest of the net together. */
const TOGETHER = 64;
/** A cut that leaves a part smaller than this share of the plane leaves nothing. */
const SLIVER = 1e-13;

interface Piece {
  readonly corners: readonly (readonly [number, number])[];
  /** Two 32-bit hashes of the branches of all units so far. */
  readonly hash: readonly [number, number];
}

/** Affine functions of all values of one node on all pieces: constant parts, then slopes along both sides, piece by piece. */
interface Functions {
  readonly constant: Numbers;
  readonly slopes: Numbers;
}

/**
 * @param origin corner of the parallelogram. @param sides its two sides, as long as `origin`.
 * @throws RangeError when these do not fit the net; TooManyRegionsError.
 */
export function planeRegions(
  graph: Graph,
  origin: Numbers,
  sides: readonly [Numbers, Numbers],
  options: PlaneOptions = {},
): Plane {
  const { precision = 'double', most = 20_000 } = options;
  const plan = planOf(graph, precision);
  try {
    return walkPlane(plan, precision, origin, sides, most);
  } finally {
    plan.dispose();
  }
}

function walkPlane(
  plan: Plan,
  precision: 'single' | 'double',
  origin: Numbers,
  sides: readonly [Numbers, Numbers],
  most: number,
): Plane {
  const size = plan.sizes[0]!;
  for (const given of [origin, ...sides]) {
    if (given.length !== size) {
      throw new RangeError(`the net's input has ${size} values, not ${given.length}`);
    }
  }
  const make = (from: ArrayLike<number>): Numbers =>
    precision === 'single' ? Float32Array.from(from) : Float64Array.from(from);
  /** Values of a step on an input of zeros: what it adds to any. */
  const offsets = plan.steps.map((step) =>
    step.kind === 'affine'
      ? step.apply(
          step.inputs.map((input) => make(new Float64Array(plan.sizes[input]!))),
          1,
          true,
        )
      : null,
  );
  const lastRead = new Map<number, number>();
  for (const [s, step] of plan.steps.entries())
    for (const input of step.inputs) lastRead.set(input, s);
  const cuts = new Map<number, number>();
  const finished: { piece: Piece; answer: number }[] = [];
  const tolerance = precision === 'single' ? 1e-6 : 1e-12;

  const go = (
    from: number,
    pieces: readonly Piece[],
    values: ReadonlyMap<number, Functions>,
  ): void => {
    if (pieces.length > TOGETHER) {
      for (let start = 0; start < pieces.length; start += TOGETHER) {
        const some = pieces.slice(start, start + TOGETHER);
        const indices = some.map((_, i) => start + i);
        go(from, some, taken(values, indices, plan));
      }
      return;
    }
    const known = new Map(values);
    for (let s = from; s < plan.steps.length; s++) {
      const step = plan.steps[s]!;
      const inputs = step.inputs.map((input) => known.get(input)!);
      if (step.kind === 'affine') {
        known.set(step.output, applied(step, offsets[s]!, inputs, pieces.length));
        drop(known, s, lastRead, plan.output);
        continue;
      }
      const cut = cutAll(step, inputs[0]!, pieces, tolerance);
      cuts.set(s, (cuts.get(s) ?? 0) + cut.parents.length - pieces.length);
      if (finished.length + cut.parents.length > most) throw new TooManyRegionsError(most);
      known.set(step.output, branched(step, inputs[0]!, cut, plan.sizes[step.inputs[0]!]!));
      const output = known.get(step.output)!;
      known.delete(step.output);
      drop(known, s, lastRead, plan.output);
      const rest =
        cut.parents.length === pieces.length ? new Map(known) : taken(known, cut.parents, plan);
      rest.set(step.output, output);
      go(s + 1, cut.pieces, rest);
      return;
    }
    const { constant, slopes } = known.get(plan.output)!;
    const classes = plan.sizes[plan.output]!;
    for (const [p, piece] of pieces.entries()) {
      const [x, y] = centre(piece.corners);
      let answer = 0;
      let best = -Infinity;
      for (let c = 0; c < classes; c++) {
        const value =
          constant[p * classes + c]! +
          x * slopes[2 * p * classes + c]! +
          y * slopes[(2 * p + 1) * classes + c]!;
        if (value > best) [best, answer] = [value, c];
      }
      finished.push({ piece, answer });
    }
  };

  const first: Piece = {
    corners: [
      [0, 0],
      [1, 0],
      [1, 1],
      [0, 1],
    ],
    hash: [0x811c9dc5, 0x9e3779b9],
  };
  const slopes = make([...sides[0], ...sides[1]]);
  go(0, [first], new Map([[0, { constant: make(origin), slopes }]]));

  const regions = new Map<string, number>();
  const polygons = finished.map(({ piece, answer }) => {
    const key = piece.hash.join();
    if (!regions.has(key)) regions.set(key, regions.size);
    return { corners: piece.corners, region: regions.get(key)!, answer };
  });
  return {
    regions: regions.size,
    polygons,
    byNode: plan.steps.flatMap((step, s) =>
      step.kind === 'affine' ? [] : [{ node: step.name, cuts: cuts.get(s) ?? 0 }],
    ),
    neurons: plan.neurons,
    area: areaOf(sides),
  };
}

/** What an affine step makes of affine functions: its linear part on all rows, its offset on the constant ones. */
function applied(
  step: Step & { kind: 'affine' },
  offset: Numbers,
  inputs: readonly Functions[],
  pieces: number,
): Functions {
  const constant = step.apply(
    inputs.map((input) => input.constant),
    pieces,
    false,
  );
  // A step that passes its input on (flattening) must not have it changed.
  const moved = constant.slice();
  const size = offset.length;
  for (let i = 0; i < moved.length; i++) moved[i]! += offset[i % size]!;
  const slopes = step.apply(
    inputs.map((input) => input.slopes),
    2 * pieces,
    false,
  );
  return { constant: moved, slopes };
}

interface Cut {
  readonly pieces: readonly Piece[];
  /** For each piece the index of that which it lies in. */
  readonly parents: readonly number[];
  /** For each piece the branch of each unit: 1 or 0 for a ReLU, the leading member for a max. */
  readonly branches: readonly Int32Array[];
}

function cutAll(
  step: Exclude<Step, { kind: 'affine' }>,
  { constant, slopes }: Functions,
  pieces: readonly Piece[],
  tolerance: number,
): Cut {
  const made: { pieces: Piece[]; parents: number[]; branches: Int32Array[] } = {
    pieces: [],
    parents: [],
    branches: [],
  };
  const width = constant.length / pieces.length;
  for (const [p, piece] of pieces.entries()) {
    const c = constant.subarray(p * width, (p + 1) * width);
    const u = slopes.subarray(2 * p * width, (2 * p + 1) * width);
    const v = slopes.subarray((2 * p + 1) * width, (2 * p + 2) * width);
    let scale = 0;
    for (const value of c) scale = Math.max(scale, Math.abs(value));
    const least = scale * tolerance;
    let parts = [piece.corners];
    const cutBy = (a: number, b: number, d: number) => {
      parts = parts.flatMap((corners) => cutPolygon(corners, a, b, d, least));
    };
    const branchesAt: (corners: Piece['corners']) => Int32Array = (corners) => {
      const [x, y] = centre(corners);
      const value = (i: number) => c[i]! + x * u[i]! + y * v[i]!;
      if (step.kind === 'relu') {
        return Int32Array.from({ length: step.size }, (_, i) => (value(i) > least ? 1 : 0));
      }
      return Int32Array.from({ length: step.size }, (_, unit) => leader(step, unit, value));
    };
    if (step.kind === 'relu') {
      for (let i = 0; i < step.size; i++) {
        if (crosses(piece.corners, c[i]!, u[i]!, v[i]!, least)) cutBy(c[i]!, u[i]!, v[i]!);
      }
    } else {
      const { starts, members } = step.windows;
      for (let unit = 0; unit < step.size; unit++) {
        for (let i = starts[unit]!; i < starts[unit + 1]!; i++) {
          for (let j = starts[unit]!; j < i; j++) {
            const [a, b] = [members[i]!, members[j]!];
            const line = [c[a]! - c[b]!, u[a]! - u[b]!, v[a]! - v[b]!] as const;
            if (crosses(piece.corners, ...line, least)) cutBy(...line);
          }
        }
      }
    }
    for (const corners of parts) {
      const branch = branchesAt(corners);
      made.pieces.push({ corners, hash: hashed(piece.hash, branch) });
      made.parents.push(p);
      made.branches.push(branch);
    }
  }
  return made;
}

/** The functions after a ReLU or max, on the pieces of a cut. */
function branched(
  step: Exclude<Step, { kind: 'affine' }>,
  { constant, slopes }: Functions,
  { parents, branches }: Cut,
  width: number,
): Functions {
  const { size } = step;
  const empty = (length: number): Numbers =>
    constant instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);
  const made = { constant: empty(parents.length * size), slopes: empty(2 * parents.length * size) };
  for (const [p, parent] of parents.entries()) {
    const branch = branches[p]!;
    for (let unit = 0; unit < size; unit++) {
      if (step.kind === 'relu' && branch[unit] === 0) continue;
      const from = step.kind === 'relu' ? unit : branch[unit]!;
      made.constant[p * size + unit] = constant[parent * width + from]!;
      made.slopes[2 * p * size + unit] = slopes[2 * parent * width + from]!;
      made.slopes[(2 * p + 1) * size + unit] = slopes[(2 * parent + 1) * width + from]!;
    }
  }
  return made;
}

function leader(step: Step & { kind: 'max' }, unit: number, value: (i: number) => number): number {
  const { starts, members } = step.windows;
  let best = members[starts[unit]!]!;
  for (let i = starts[unit]! + 1; i < starts[unit + 1]!; i++) {
    if (value(members[i]!) > value(best)) best = members[i]!;
  }
  return best;
}

/** Whether a + b·x + d·y takes both signs on the corners. */
function crosses(
  corners: Piece['corners'],
  a: number,
  b: number,
  d: number,
  least: number,
): boolean {
  let below = false;
  let above = false;
  for (const [x, y] of corners) {
    const value = a + b * x + d * y;
    if (value > least) above = true;
    else if (value < -least) below = true;
  }
  return below && above;
}

/** The parts of a convex polygon on both sides of a line; one part where the line passes it by. */
function cutPolygon(
  corners: Piece['corners'],
  a: number,
  b: number,
  d: number,
  least: number,
): Piece['corners'][] {
  if (!crosses(corners, a, b, d, least)) return [corners];
  const below: [number, number][] = [];
  const above: [number, number][] = [];
  for (const [i, [x, y]] of corners.entries()) {
    const [nextX, nextY] = corners[(i + 1) % corners.length]!;
    const value = a + b * x + d * y;
    const next = a + b * nextX + d * nextY;
    if (value <= 0) below.push([x, y]);
    if (value >= 0) above.push([x, y]);
    if ((value < 0 && next > 0) || (value > 0 && next < 0)) {
      const share = value / (value - next);
      const point: [number, number] = [x + share * (nextX - x), y + share * (nextY - y)];
      below.push(point);
      above.push(point);
    }
  }
  const parts = [below, above].filter((part) => part.length > 2 && polygonArea(part) > SLIVER);
  return parts.length === 2 ? parts : [corners];
}

function polygonArea(corners: Piece['corners']): number {
  let twice = 0;
  for (const [i, [x, y]] of corners.entries()) {
    const [nextX, nextY] = corners[(i + 1) % corners.length]!;
    twice += x * nextY - nextX * y;
  }
  return Math.abs(twice) / 2;
}

function centre(corners: Piece['corners']): [number, number] {
  let x = 0;
  let y = 0;
  for (const corner of corners) {
    x += corner[0] / corners.length;
    y += corner[1] / corners.length;
  }
  return [x, y];
}

/** Two FNV-like hashes, so that two patterns of a million plane pieces meet with a probability below 1e-7. */
function hashed([a, b]: Piece['hash'], branches: Int32Array): [number, number] {
  let first = a;
  let second = b;
  for (const branch of branches) {
    first = Math.imul(first ^ branch, 0x01000193);
    second = Math.imul((second << 5) ^ (second >>> 27) ^ (branch + 0x7f4a7c15), 0x85ebca6b);
  }
  return [first >>> 0, second >>> 0];
}

/** The functions of the pieces at these indices. */
function taken(
  values: ReadonlyMap<number, Functions>,
  indices: readonly number[],
  plan: Plan,
): Map<number, Functions> {
  const some = new Map<number, Functions>();
  for (const [node, { constant, slopes }] of values) {
    const size = plan.sizes[node]!;
    const empty = (length: number): Numbers =>
      constant instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);
    const part = {
      constant: empty(indices.length * size),
      slopes: empty(2 * indices.length * size),
    };
    for (const [to, from] of indices.entries()) {
      part.constant.set(constant.subarray(from * size, (from + 1) * size), to * size);
      part.slopes.set(slopes.subarray(2 * from * size, 2 * (from + 1) * size), 2 * to * size);
    }
    some.set(node, part);
  }
  return some;
}

/** Forgets what no later step reads. */
function drop(
  values: Map<number, Functions>,
  step: number,
  lastRead: ReadonlyMap<number, number>,
  output: number,
): void {
  for (const node of [...values.keys()]) {
    if (node !== output && (lastRead.get(node) ?? -1) <= step) values.delete(node);
  }
}

function areaOf([u, v]: readonly [Numbers, Numbers]): number {
  let uu = 0;
  let vv = 0;
  let uv = 0;
  for (let i = 0; i < u.length; i++) {
    uu += u[i]! ** 2;
    vv += v[i]! ** 2;
    uv += u[i]! * v[i]!;
  }
  return Math.sqrt(Math.max(0, uu * vv - uv * uv));
}
