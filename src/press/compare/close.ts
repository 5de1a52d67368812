// When two numbers, and two lines with numbers in them, count as the same.

export interface Tolerance {
  /** Share of the larger magnitude that two numbers may differ by. */
  readonly relative: number;
}

/** Absolute difference below which nothing is a difference: rounding of sums that should be 0. */
const tiny = 1e-12;

export function isClose(a: number, b: number, { relative }: Tolerance): boolean {
  return Math.abs(a - b) <= Math.max(relative * Math.max(Math.abs(a), Math.abs(b)), tiny);
}

const numbers = /[-+\u2212]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?/gi;

/** Whether two lines say the same words with numbers that are close. */
export function isCloseLine(a: string, b: string, tolerance: Tolerance): boolean {
  if (a === b) return true;
  if (a.replace(numbers, '#') !== b.replace(numbers, '#')) return false;
  const [left, right] = [a.match(numbers) ?? [], b.match(numbers) ?? []];
  return left.every((text, index) => isClose(numberOf(text), numberOf(right[index]!), tolerance));
}

function numberOf(text: string): number {
  return Number(text.replace('\u2212', '-'));
}
