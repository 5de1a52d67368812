/**
 * Granulated Kendall correlation: does y follow x when only one hyper-parameter moves? (Y. Jiang et al., "Fantastic generalization
 * measures and where to find them", ICLR 2020, section 4.) A measure may follow the training-set size and fail along depth; one
 * correlation over all nets would hide that.
 */
import { StatisticsError } from './sample.js';

export interface Granulated {
  /** For each axis the mean of τ over the groups in which only that axis moves; null where there is no such pair. */
  readonly axes: readonly {
    readonly axis: string;
    readonly tau: number | null;
    readonly groups: number;
  }[];
  /** Mean over the axes that have a τ; null where none has. */
  readonly mean: number | null;
}

/**
 * @param rows nets, with a field for each axis. @param axes names of the hyper-parameters that the nets differ in.
 * @param x reading of the measure. @param y what it should foretell. τ is the mean of sign(Δx)·sign(Δy) over pairs; ties count 0.
 * @throws StatisticsError for a value that is not finite or an axis that the rows do not have.
 */
export function granulatedKendall<Row extends object>(
  rows: readonly Row[],
  axes: readonly (keyof Row & string)[],
  x: (row: Row) => number,
  y: (row: Row) => number,
): Granulated {
  for (const axis of axes) {
    if (rows.some((row) => !(axis in row)))
      throw new StatisticsError(`not every row has an axis ${axis}`);
  }
  for (const [i, row] of rows.entries()) {
    for (const value of [x(row), y(row)]) {
      if (!Number.isFinite(value))
        throw new StatisticsError(`row ${i} has ${value}, not a finite number`);
    }
  }
  const found = axes.map((axis) => {
    const groups = new Map<string, Row[]>();
    for (const row of rows) {
      const key = JSON.stringify(axes.map((other) => (other === axis ? null : row[other])));
      groups.set(key, [...(groups.get(key) ?? []), row]);
    }
    const taus: number[] = [];
    for (const group of groups.values()) {
      let sum = 0;
      let pairs = 0;
      for (const [i, a] of group.entries()) {
        for (const b of group.slice(0, i)) {
          // Seeds of one setting differ in no axis, and say nothing of it.
          if (a[axis] === b[axis]) continue;
          sum += Math.sign(x(a) - x(b)) * Math.sign(y(a) - y(b));
          pairs++;
        }
      }
      if (pairs > 0) taus.push(sum / pairs);
    }
    const tau = taus.length === 0 ? null : taus.reduce((sum, each) => sum + each, 0) / taus.length;
    return { axis, tau, groups: taus.length };
  });
  const given = found.flatMap(({ tau }) => (tau === null ? [] : [tau]));
  return {
    axes: found,
    mean: given.length === 0 ? null : given.reduce((sum, each) => sum + each, 0) / given.length,
  };
}
