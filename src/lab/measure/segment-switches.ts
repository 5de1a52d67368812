// Where the units of one layer switch inside the pieces of a segment: ReLUs at zero, max pooling where another member leads.
import { like, type Numbers, type Windows } from './affine.js';

/** What a ReLU or max pooling carries from the end of one chunk of the segment to the start of the next. */
export interface Carry {
  /** The values that the node reads. */
  readonly values: Float64Array;
  /** Branch of each unit on the last piece: 1 or 0 for a ReLU, the leading member for a max; −1 before the first piece. */
  readonly branch: Int32Array;
}

export interface Split {
  readonly t: number;
  readonly piece: number;
  readonly unit: number;
  /** Branch from here on. */
  readonly branch: number;
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
export function splitRelu(
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
export function splitMax(
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
