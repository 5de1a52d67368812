// The colours of charts that the lab draws and the report recolours: the two must agree to the digit.

/**
 * Categories, in order of use: indigo, orange, green, plum, orchid, red. Chosen by search for the largest smallest difference:
 * any two differ by ≥ 18 (CIEDE2000) as seen with normal vision, protanopia and deuteranopia, and by ≥ 13 with tritanopia;
 * each has a contrast of ≥ 3 : 1 on white and on a dark page, so that a report can turn its page dark around the chart.
 */
export const categories: readonly string[] = [
  '#5755ca',
  '#e76607',
  '#53a27c',
  '#90526f',
  '#ba7faf',
  '#b33834',
];

/** Lettering and lines. A report recolours these, and only these, when its page turns dark. */
export const ink = { strong: '#1f2733', medium: '#475264', faint: '#8a94a3', grid: '#e6e9ee' };
