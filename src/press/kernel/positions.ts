/** Positions in code: Jupyter counts code points, JavaScript UTF-16 units. */

/** The unit at which the given number of code points ends; the end of the code for anything that is no number. */
export function utf16Position(code: string, points: unknown): number {
  if (typeof points !== 'number' || !(points >= 0)) return code.length;
  let at = 0;
  for (let seen = 0; seen < points && at < code.length; seen++)
    at += code.codePointAt(at)! > 0xffff ? 2 : 1;
  return at;
}

/** How many code points lie before a unit. */
export function codePoints(code: string, units: number): number {
  let points = 0;
  for (let at = 0; at < units && at < code.length; points++)
    at += code.codePointAt(at)! > 0xffff ? 2 : 1;
  return points;
}
