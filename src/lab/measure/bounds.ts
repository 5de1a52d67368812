/**
 * Bounds on the number of linear regions of ReLU nets: what an architecture could do with the best weights, not what it does.
 * Integers are exact; for the astronomically large ones of real nets there is `log10` of them.
 *
 * T. Zaslavsky 1975 (arrangements); G. Montúfar, R. Pascanu, K. Cho and Y. Bengio, NIPS 2014 (lower); G. Montúfar, SampTA 2017
 * (upper); T. Serra, C. Tjandraatmadja and S. Ramalingam, ICML 2018 (upper and lower); R. Arora et al., ICLR 2018 (lower);
 * M. Raghu et al., ICML 2017 (order of growth); H. Xiong et al., ICML 2020 (convolutions).
 */

/** Bounds take numbers of inputs and units that are positive integers. */
export class BoundError extends Error {
  override readonly name = 'BoundError';
}

/** C(n, k), exact. */
export function choose(n: number, k: number): bigint {
  if (k < 0 || k > n) return 0n;
  const least = Math.min(k, n - k);
  let value = 1n;
  for (let i = 1; i <= least; i++) value = (value * BigInt(n - least + i)) / BigInt(i);
  return value;
}

/** Σ_{j ≤ most} C(n, j), exact. */
export function chooseUpTo(n: number, most: number): bigint {
  let term = 1n;
  let sum = 1n;
  for (let j = 1; j <= Math.min(n, most); j++) {
    term = (term * BigInt(n - j + 1)) / BigInt(j);
    sum += term;
  }
  return sum;
}

/** Most regions of one ReLU layer, Σ_{j ≤ d} C(units, j), reached by hyperplanes in general position; d the rank of the weights. */
export function zaslavsky(inputs: number, units: number): bigint {
  check(inputs, [units]);
  return chooseUpTo(units, inputs);
}

/** Upper bound of Montúfar 2017: Π_l Σ_{j ≤ d_l} C(n_l, j), d_l the smallest width so far, the input included. */
export function montufarUpper(inputs: number, widths: readonly number[]): bigint {
  check(inputs, widths);
  let least = inputs;
  return widths.reduce((product, width) => {
    least = Math.min(least, width);
    return product * chooseUpTo(width, least);
  }, 1n);
}

/** Lower bound on the maximum by Montúfar et al. 2014: (Π_{l < L} ⌊n_l/n₀⌋^{n₀}) Σ_{j ≤ n₀} C(n_L, j), for n_l ≥ n₀. */
export function montufarLower(inputs: number, widths: readonly number[]): bigint {
  check(inputs, widths);
  if (widths.some((width) => width < inputs)) {
    throw new BoundError(
      `the lower bound of 2014 needs at least ${inputs} units, as inputs, a layer`,
    );
  }
  return folded(inputs, widths, (width) => Math.floor(width / inputs));
}

/** Lower bound on the maximum by Serra et al. 2018, theorem 6: as Montúfar's with ⌊n_l/n₀⌋ + 1, for n_l ≥ 3 n₀. */
export function serraLower(inputs: number, widths: readonly number[]): bigint {
  check(inputs, widths);
  if (widths.some((width) => width < 3 * inputs)) {
    throw new BoundError(
      `Serra's lower bound needs at least ${3 * inputs} units, thrice the inputs, a layer`,
    );
  }
  return folded(inputs, widths, (width) => Math.floor(width / inputs) + 1);
}

function folded(
  inputs: number,
  widths: readonly number[],
  folds: (width: number) => number,
): bigint {
  const before = widths.slice(0, -1);
  const product = before.reduce((all, width) => all * BigInt(folds(width)) ** BigInt(inputs), 1n);
  return product * chooseUpTo(widths.at(-1)!, inputs);
}

/**
 * Upper bound of Serra et al. 2018, theorem 1: Σ_J Π_l C(n_l, j_l) over 0 ≤ j_l ≤ min(n₀, n₁ − j₁, …, n_{l−1} − j_{l−1}, n_l). Reached for
 * one input: Π (n_l + 1) where n_l ≥ 3.
 */
export function serraUpper(inputs: number, widths: readonly number[]): bigint {
  check(inputs, widths);
  /** Ways to have so many dimensions left. */
  let ways = new Map<number, bigint>([[inputs, 1n]]);
  for (const width of widths) {
    const next = new Map<number, bigint>();
    for (const [left, count] of ways) {
      for (let on = 0; on <= Math.min(left, width); on++) {
        const rest = Math.min(left, width - on);
        next.set(rest, (next.get(rest) ?? 0n) + count * choose(width, on));
      }
    }
    ways = next;
  }
  return [...ways.values()].reduce((sum, each) => sum + each, 0n);
}

/** Lower bound of Arora et al. 2018 (as Serra et al. give it): 2 Σ_{j < n₀} C(m − 1, j) w^{L−1} for widths 2m, w, …, w. */
export function aroraLower(inputs: number, half: number, width: number, layers: number): bigint {
  check(inputs, [half, width, layers]);
  return 2n * chooseUpTo(half - 1, inputs - 1) * BigInt(width) ** BigInt(layers - 1);
}

/** Order of growth of Raghu et al. 2017, log₁₀ of k^{m·n} for `layers` n of `width` k and `inputs` m; (2k)^{m·n} for hard-tanh. */
export function raghuLog10(
  inputs: number,
  width: number,
  layers: number,
  activation: 'relu' | 'hard-tanh' = 'relu',
): number {
  check(inputs, [width, layers]);
  return inputs * layers * Math.log10(activation === 'relu' ? width : 2 * width);
}

/** log₁₀ of a positive integer of any size. */
export function log10(value: bigint): number {
  if (value <= 0n) throw new BoundError(`the logarithm of ${value}`);
  const digits = value.toString();
  return digits.length - 1 + Math.log10(Number(`${digits[0]}.${digits.slice(1, 17)}`));
}

/** One convolution layer without padding on a grid; a 1-D one has height 1. */
export interface ConvolutionShape {
  readonly input: readonly [height: number, width: number, channels: number];
  readonly filter: readonly [height: number, width: number];
  readonly filters: number;
  readonly stride?: readonly [number, number];
}

/** Positions of the output, each with the input cells that it sees. */
export function positionsOf({ input, filter, stride = [1, 1] }: ConvolutionShape): number[][] {
  const [height, width, channels] = input;
  check(height, [width, channels, ...filter, ...stride]);
  const positions: number[][] = [];
  for (let y = 0; y + filter[0] <= height; y += stride[0]) {
    for (let x = 0; x + filter[1] <= width; x += stride[1]) {
      const cells: number[] = [];
      for (let dy = 0; dy < filter[0]; dy++) {
        for (let dx = 0; dx < filter[1]; dx++) {
          for (let c = 0; c < channels; c++) cells.push(((y + dy) * width + x + dx) * channels + c);
        }
      }
      positions.push(cells);
    }
  }
  if (positions.length === 0) throw new BoundError('the filter is larger than the input');
  return positions;
}

/** Output positions up to which all sets of positions are gone through. */
const MOST_POSITIONS = 16;

/**
 * The formula of Xiong et al. 2020, theorem 2, for one convolution layer: Σ_{t ∈ K} Π_p C(filters, t_p), K the t ≥ 0 with
 * Σ_{p ∈ J} t_p ≤ #∪_{p ∈ J} S_p for every set J of positions, S_p the input cells that p sees.
 *
 * It is an upper bound. It counts filters as if each position had weights of its own, and with shared weights it is not always
 * reached: `convolutionRegions` gives 255 where this gives 256, for two 2 × 2 filters on 3 × 3.
 *
 * @throws BoundError for more than 16 output positions.
 */
export function xiongOneLayer(shape: ConvolutionShape): bigint {
  const positions = positionsOf(shape);
  const count = positions.length;
  if (count > MOST_POSITIONS) {
    throw new BoundError(
      `${count} output positions; the sum goes over all sets of at most ${MOST_POSITIONS}`,
    );
  }
  const seen = Array.from({ length: 1 << count }, (_, set) => {
    const cells = new Set<number>();
    for (let p = 0; p < count; p++)
      if (set & (1 << p)) for (const cell of positions[p]!) cells.add(cell);
    return cells.size;
  });
  let total = 0n;
  const chosen: number[] = [];
  const place = (position: number, product: bigint): void => {
    if (position === count) {
      total += product;
      return;
    }
    for (let t = 0; t <= shape.filters; t++) {
      chosen[position] = t;
      if (!fits(position)) break;
      place(position + 1, product * choose(shape.filters, t));
    }
  };
  /** Whether all sets whose last position is this one still see enough cells. */
  const fits = (last: number): boolean => {
    for (let set = 1 << last; set < 1 << (last + 1); set++) {
      let sum = 0;
      for (let p = 0; p <= last; p++) if (set & (1 << p)) sum += chosen[p]!;
      if (sum > seen[set]!) return false;
    }
    return true;
  };
  place(0, 1n);
  return total;
}

/** Hyperplanes up to which all subsets are gone through. */
const MOST_HYPERPLANES = 18;
/** The largest prime whose residues multiply exactly in double precision. */
const PRIME = 94_906_249;

/**
 * Regions of one convolution layer with shared weights and generic weights and biases, exact: Whitney's theorem,
 * Σ (−1)^{|B| − rank B} over the subsets B of hyperplanes that have a point in common.
 *
 * Weights and biases are drawn at random from the integers mod 94,906,249, so that ranks are those of generic weights except with a
 * probability below 10⁻⁵ for the sizes allowed.
 *
 * @throws BoundError for more than 18 hyperplanes (positions × filters).
 */
export function convolutionRegions(shape: ConvolutionShape, next: () => number): bigint {
  const positions = positionsOf(shape);
  const planes = positions.length * shape.filters;
  if (planes > MOST_HYPERPLANES) {
    throw new BoundError(
      `${planes} hyperplanes; the sum goes over all sets of at most ${MOST_HYPERPLANES}`,
    );
  }
  const draw = () => 1 + Math.floor(next() * (PRIME - 1));
  const size = positions[0]!.length;
  const columns = shape.input[0] * shape.input[1] * shape.input[2];
  const rows: Float64Array[] = [];
  for (let f = 0; f < shape.filters; f++) {
    const weights = Array.from({ length: size }, draw);
    const bias = draw();
    for (const cells of positions) {
      // The last column is the bias: a set of planes meets where it raises no rank.
      const row = new Float64Array(columns + 1);
      for (const [k, cell] of cells.entries()) row[cell] = weights[k]!;
      row[columns] = bias;
      rows.push(row);
    }
  }
  let total = 0n;
  for (let set = 0; set < 1 << planes; set++) {
    const chosen = rows.filter((_, plane) => set & (1 << plane)).map((row) => row.slice());
    const { rank, meets } = rankOf(chosen, columns);
    if (meets) total += (chosen.length - rank) % 2 === 0 ? 1n : -1n;
  }
  return total;
}

/** Rank mod PRIME of the rows without their last column, and whether that column adds nothing to it. */
function rankOf(rows: Float64Array[], columns: number): { rank: number; meets: boolean } {
  let rank = 0;
  for (let column = 0; column <= columns && rank < rows.length; column++) {
    const pivot = rows.findIndex((row, i) => i >= rank && row[column] !== 0);
    if (pivot < 0) continue;
    if (column === columns) return { rank, meets: false };
    [rows[rank], rows[pivot]] = [rows[pivot]!, rows[rank]!];
    const head = rows[rank]!;
    const inverse = power(head[column]!, PRIME - 2);
    for (let i = rank + 1; i < rows.length; i++) {
      const factor = (rows[i]![column]! * inverse) % PRIME;
      if (factor === 0) continue;
      for (let j = column; j <= columns; j++) {
        rows[i]![j] = (rows[i]![j]! + (PRIME - ((factor * head[j]!) % PRIME))) % PRIME;
      }
    }
    rank++;
  }
  return { rank, meets: true };
}

function power(base: number, exponent: number): number {
  let result = 1;
  let factor = base;
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = (result * factor) % PRIME;
    factor = (factor * factor) % PRIME;
  }
  return result;
}

function check(inputs: number, widths: readonly number[]): void {
  for (const each of [inputs, ...widths]) {
    if (!Number.isInteger(each) || each < 1) {
      throw new BoundError(
        `numbers of inputs, units and layers are positive integers, not ${each}`,
      );
    }
  }
  if (widths.length === 0) throw new BoundError('a net without layers has no bound');
}
