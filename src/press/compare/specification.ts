// Two chart specifications: where they differ, and how far apart the numbers in their data are.
import { isClose, type Tolerance } from './close.js';

export interface SpecificationChange {
  /** Places that differ, without data: `mark.type: "line" → "point"`. */
  readonly places: readonly string[];
  /** Of the values in their data: how many there are, and how many differ. */
  readonly data: { readonly all: number; readonly changed: number; readonly largest: number };
}

/** Longer values are cut in a line that tells of them. */
const shownLength = 60;

/** What has changed; null where all is the same. */
export function compareSpecifications(
  before: unknown,
  after: unknown,
  tolerance: Tolerance,
): SpecificationChange | null {
  const places: string[] = [];
  const data = { all: 0, changed: 0, largest: 0 };
  const visit = (a: unknown, b: unknown, path: string, isData: boolean): void => {
    if (isRecord(a) && isRecord(b)) {
      for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
        const inData = isData || key === 'values' || key === 'datasets';
        visit(a[key], b[key], path === '' ? key : `${path}.${key}`, inData);
      }
      return;
    }
    if (Array.isArray(a) && Array.isArray(b) && (isData || a.length === b.length)) {
      if (a.length !== b.length) places.push(`${path}: ${a.length} → ${b.length} entries`);
      for (let index = 0; index < Math.min(a.length, b.length); index++)
        visit(a[index], b[index], `${path}[${index}]`, isData);
      return;
    }
    if (isData) data.all += 1;
    if (typeof a === 'number' && typeof b === 'number') {
      if (isClose(a, b, tolerance)) return;
      if (isData) data.largest = Math.max(data.largest, share(a, b));
    } else if (JSON.stringify(a) === JSON.stringify(b)) return;
    if (isData) data.changed += 1;
    else places.push(`${path}: ${shown(a)} → ${shown(b)}`);
  };
  visit(before, after, '', false);
  return places.length === 0 && data.changed === 0 ? null : { places, data };
}

/** A difference as a share of the larger of two numbers. */
function share(a: number, b: number): number {
  return Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > shownLength ? `${text.slice(0, shownLength)}…` : text;
}
