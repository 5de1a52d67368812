/**
 * Persistent homology of the Vietoris–Rips filtration in dimensions 0 and 1, with coefficients mod 2: components and loops of a
 * point cloud, each with the distance at which it appears and that at which it is gone.
 *
 * Dimension 0 is the minimum spanning tree. Dimension 1 is computed as persistent cohomology with clearing, the coboundary
 * columns made when they are needed (U. Bauer, "Ripser: efficient computation of Vietoris–Rips persistence barcodes", Journal of
 * Applied and Computational Topology 2021): edges of the tree kill components and so cannot make a loop, and an edge whose first
 * cofacet of equal diameter is free is paired with it at once. Beyond the enclosing radius the complex is a cone: every loop is gone.
 */

/** One class: it appears at `birth` and is gone at `death`; Infinity for what stays. */
export interface Bar {
  readonly birth: number;
  readonly death: number;
}

export interface Persistence {
  /** Components; one of them stays. */
  readonly components: readonly Bar[];
  /** Loops, longest first. */
  readonly loops: readonly Bar[];
}

/**
 * @param distances row-major `n × n`, symmetric, not negative, 0 on the diagonal.
 * @throws RangeError for distances that are not such a matrix.
 */
export function vietorisRips(distances: Float64Array, n: number): Persistence {
  check(distances, n);
  const radius = enclosingRadius(distances, n);
  const edges = sortedEdges(distances, n, radius);
  const { components, inTree } = spanningTree(edges, n);
  return { components, loops: loopsOf(distances, n, radius, edges, inTree) };
}

/** Euclidean distances between all rows. */
export function pairwiseDistances(rows: ArrayLike<number>, width: number): Float64Array {
  const n = rows.length / width;
  const distances = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      let sum = 0;
      for (let k = 0; k < width; k++) sum += (rows[i * width + k]! - rows[j * width + k]!) ** 2;
      distances[i * n + j] = Math.sqrt(sum);
      distances[j * n + i] = distances[i * n + j]!;
    }
  }
  return distances;
}

/** Edges up to the radius in the order of the filtration; an edge i > j is named i(i−1)/2 + j. */
interface Edges {
  readonly diameters: Float64Array;
  readonly above: Uint32Array;
  readonly below: Uint32Array;
}

function sortedEdges(distances: Float64Array, n: number, radius: number): Edges {
  const order: { diameter: number; i: number; j: number }[] = [];
  for (let i = 1; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const diameter = distances[i * n + j]!;
      if (diameter <= radius) order.push({ diameter, i, j });
    }
  }
  // Of equal diameter the later name comes first, as for triangles below.
  order.sort((a, b) => a.diameter - b.diameter || b.i - a.i || b.j - a.j);
  return {
    diameters: Float64Array.from(order, ({ diameter }) => diameter),
    above: Uint32Array.from(order, ({ i }) => i),
    below: Uint32Array.from(order, ({ j }) => j),
  };
}

function spanningTree({ diameters, above, below }: Edges, n: number) {
  const parent = Uint32Array.from({ length: n }, (_, i) => i);
  const find = (i: number): number => {
    let root = i;
    while (parent[root] !== root) root = parent[root]!;
    for (let at = i; at !== root; ) {
      const next = parent[at]!;
      parent[at] = root;
      at = next;
    }
    return root;
  };
  const components: Bar[] = [];
  const inTree = new Uint8Array(diameters.length);
  for (let e = 0; e < diameters.length; e++) {
    const a = find(above[e]!);
    const b = find(below[e]!);
    if (a === b) continue;
    parent[a] = b;
    inTree[e] = 1;
    components.push({ birth: 0, death: diameters[e]! });
  }
  if (n > 0) components.push({ birth: 0, death: Infinity });
  return { components, inTree };
}

function loopsOf(
  distances: Float64Array,
  n: number,
  radius: number,
  { diameters, above, below }: Edges,
  inTree: Uint8Array,
): Bar[] {
  const loops: Bar[] = [];
  /** Which edge column owns a triangle as its pivot, and the edges that were added to reduce it (itself left out). */
  const owner = new Map<number, number>();
  const reductions = new Map<number, number[]>();
  const column = new TriangleHeap();

  const pairs = Float64Array.from({ length: n + 1 }, (_, i) => (i * (i - 1)) / 2);
  const triples = Float64Array.from({ length: n + 1 }, (_, i) => (i * (i - 1) * (i - 2)) / 6);
  const nameOf = (a: number, b: number, c: number) => triples[a]! + pairs[b]! + c;

  /** Pushes the cofacets of an edge within the radius onto the working column. */
  const addCoboundary = (e: number) => {
    const i = above[e]!;
    const j = below[e]!;
    const own = diameters[e]!;
    for (let k = n - 1; k >= 0; k--) {
      if (k === i || k === j) continue;
      const diameter = Math.max(own, distances[i * n + k]!, distances[j * n + k]!);
      if (diameter > radius) continue;
      const name = k > i ? nameOf(k, i, j) : k > j ? nameOf(i, k, j) : nameOf(i, j, k);
      column.push(diameter, name);
    }
  };

  // Cohomology goes through the filtration backwards.
  for (let e = diameters.length - 1; e >= 0; e--) {
    if (inTree[e]) continue;
    const i = above[e]!;
    const j = below[e]!;
    const own = diameters[e]!;

    // The first cofacet of the edge's own diameter, in the order of names from large to small, is the pivot.
    let emergent = -1;
    for (let k = n - 1; k >= 0; k--) {
      if (k === i || k === j) continue;
      if (distances[i * n + k]! > own || distances[j * n + k]! > own) continue;
      emergent = k > i ? nameOf(k, i, j) : k > j ? nameOf(i, k, j) : nameOf(i, j, k);
      break;
    }
    if (emergent >= 0 && !owner.has(emergent)) {
      owner.set(emergent, e);
      continue;
    }

    column.clear();
    addCoboundary(e);
    const added: number[] = [];
    for (;;) {
      const pivot = column.pivot();
      if (pivot === null) {
        // Only a threshold below the enclosing radius could leave a loop open.
        loops.push({ birth: own, death: Infinity });
        break;
      }
      const holder = owner.get(pivot.name);
      if (holder === undefined) {
        owner.set(pivot.name, e);
        if (added.length > 0) reductions.set(e, oddOnes(added));
        if (pivot.diameter > own) loops.push({ birth: own, death: pivot.diameter });
        break;
      }
      added.push(holder);
      addCoboundary(holder);
      for (const other of reductions.get(holder) ?? []) {
        added.push(other);
        addCoboundary(other);
      }
    }
  }
  return loops.sort((a, b) => b.death - b.birth - (a.death - a.birth) || a.birth - b.birth);
}

/** What occurs an odd number of times: sums are mod 2. */
function oddOnes(list: readonly number[]): number[] {
  const odd = new Set<number>();
  for (const each of list) if (!odd.delete(each)) odd.add(each);
  return [...odd];
}

/** Triangles of the working column, the smallest diameter first, of equal ones the largest name; equal triangles cancel. */
class TriangleHeap {
  #diameters: number[] = [];
  #names: number[] = [];

  clear(): void {
    this.#diameters.length = 0;
    this.#names.length = 0;
  }

  push(diameter: number, name: number): void {
    const diameters = this.#diameters;
    const names = this.#names;
    let at = names.length;
    diameters.push(diameter);
    names.push(name);
    while (at > 0) {
      const up = (at - 1) >> 1;
      if (!before(diameter, name, diameters[up]!, names[up]!)) break;
      diameters[at] = diameters[up]!;
      names[at] = names[up]!;
      at = up;
    }
    diameters[at] = diameter;
    names[at] = name;
  }

  /** The first triangle that does not cancel; it stays in the column. */
  pivot(): { diameter: number; name: number } | null {
    while (this.#names.length > 0) {
      const diameter = this.#diameters[0]!;
      const name = this.#names[0]!;
      this.#pop();
      if (this.#names.length > 0 && this.#names[0] === name) {
        this.#pop();
        continue;
      }
      this.push(diameter, name);
      return { diameter, name };
    }
    return null;
  }

  #pop(): void {
    const diameters = this.#diameters;
    const names = this.#names;
    const diameter = diameters.pop()!;
    const name = names.pop()!;
    const count = names.length;
    if (count === 0) return;
    let at = 0;
    for (;;) {
      let down = 2 * at + 1;
      if (down >= count) break;
      const right = down + 1;
      if (
        right < count &&
        before(diameters[right]!, names[right]!, diameters[down]!, names[down]!)
      ) {
        down = right;
      }
      if (!before(diameters[down]!, names[down]!, diameter, name)) break;
      diameters[at] = diameters[down]!;
      names[at] = names[down]!;
      at = down;
    }
    diameters[at] = diameter;
    names[at] = name;
  }
}

function before(diameter: number, name: number, than: number, thanName: number): boolean {
  return diameter < than || (diameter === than && name > thanName);
}

/** Smallest largest distance of a point to all others: from there on the complex is a cone over that point. */
function enclosingRadius(distances: Float64Array, n: number): number {
  let radius = Infinity;
  for (let i = 0; i < n; i++) {
    let most = 0;
    for (let j = 0; j < n; j++) most = Math.max(most, distances[i * n + j]!);
    radius = Math.min(radius, most);
  }
  return radius;
}

function check(distances: Float64Array, n: number): void {
  if (distances.length !== n * n) throw new RangeError(`${distances.length} distances, not ${n}²`);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const value = distances[i * n + j]!;
      const right = i === j ? value === 0 : value >= 0 && Number.isFinite(value);
      if (!right || value !== distances[j * n + i]) {
        throw new RangeError(
          `the distance from ${i} to ${j} is ${value} one way and ${distances[j * n + i]} the other`,
        );
      }
    }
  }
}
