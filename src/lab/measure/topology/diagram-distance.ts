/**
 * Distances between persistence diagrams: what the best matching of their bars costs, where a bar may also be matched with the
 * nearest point of the diagonal (birth = death). Bars that never end are left out.
 *
 * Bottleneck: the largest distance of the matching, in the maximum norm. Wasserstein: the p-th root of the sum of p-th powers.
 */
import { assign } from '../assignment.js';
import type { Bar } from './vietoris-rips.js';

type Ground = 'euclidean' | 'maximum';

export function bottleneckDistance(a: readonly Bar[], b: readonly Bar[]): number {
  const { costs, size } = costMatrix(finite(a), finite(b), 'maximum');
  if (size === 0) return 0;
  const candidates = [...new Set(costs)].sort((x, y) => x - y);
  let low = 0;
  let high = candidates.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (matches(costs, size, candidates[middle]!)) high = middle;
    else low = middle + 1;
  }
  return candidates[low]!;
}

/**
 * @param options.order p of the sum; 1 when left out. @param options.ground how far two bars are apart; Euclidean when left out,
 * as in persim (GUDHI's default is the maximum norm).
 */
export function wassersteinDistance(
  a: readonly Bar[],
  b: readonly Bar[],
  options: { order?: number; ground?: Ground } = {},
): number {
  const { order = 1, ground = 'euclidean' } = options;
  if (!(order >= 1))
    throw new RangeError(`the order of a Wasserstein distance is at least 1, not ${order}`);
  const { costs, size } = costMatrix(finite(a), finite(b), ground);
  const powers = costs.map((cost) => cost ** order);
  const columns = assign(powers, size);
  return columns.reduce((sum, column, row) => sum + powers[row * size + column]!, 0) ** (1 / order);
}

function finite(bars: readonly Bar[]): Bar[] {
  return bars.filter(({ death }) => Number.isFinite(death));
}

/** Rows: bars of a, then a diagonal point for each of b; columns the other way round. */
function costMatrix(a: readonly Bar[], b: readonly Bar[], ground: Ground) {
  const size = a.length + b.length;
  const costs = new Float64Array(size * size);
  const diagonal = ({ birth, death }: Bar) =>
    (death - birth) / (ground === 'maximum' ? 2 : Math.SQRT2);
  for (const [i, x] of a.entries()) {
    for (const [j, y] of b.entries()) {
      const births = Math.abs(x.birth - y.birth);
      const deaths = Math.abs(x.death - y.death);
      costs[i * size + j] =
        ground === 'maximum' ? Math.max(births, deaths) : Math.hypot(births, deaths);
    }
    for (let j = b.length; j < size; j++) costs[i * size + j] = diagonal(x);
  }
  for (let i = a.length; i < size; i++) {
    for (const [j, y] of b.entries()) costs[i * size + j] = diagonal(y);
  }
  return { costs, size };
}

/** Whether all rows can be matched with columns that cost at most `limit` (augmenting paths). */
function matches(costs: Float64Array, size: number, limit: number): boolean {
  const rowOf = new Int32Array(size).fill(-1);
  const seen = new Int32Array(size).fill(-1);
  const extend = (row: number, round: number): boolean => {
    for (let column = 0; column < size; column++) {
      if (costs[row * size + column]! > limit || seen[column] === round) continue;
      seen[column] = round;
      if (rowOf[column]! < 0 || extend(rowOf[column]!, round)) {
        rowOf[column] = row;
        return true;
      }
    }
    return false;
  };
  for (let row = 0; row < size; row++) if (!extend(row, row)) return false;
  return true;
}
