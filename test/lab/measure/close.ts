import assert from 'node:assert/strict';

/** Asserts that two numbers are equal up to a relative difference, or an absolute one where the wanted number is 0. */
export function close(actual: number, wanted: number, relative: number, what = ''): void {
  const away = Math.abs(actual - wanted);
  assert.ok(
    away <= relative * (Math.abs(wanted) || 1),
    `${what}${what ? ': ' : ''}${actual}, expected ${wanted} to ${relative}`,
  );
}
