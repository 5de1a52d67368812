// A chart as a reader gets it: compiled by Vega-Lite and drawn to SVG by Vega, with every warning caught.
import type { ChartSpec } from '../../../src/lab/chart/spec.js';

export interface Picture {
  readonly svg: string;
  readonly warnings: readonly string[];
}

export async function render(spec: ChartSpec): Promise<Picture> {
  const [vega, vegaLite] = await Promise.all([import('vega'), import('vega-lite')]);
  const warnings: string[] = [];
  const logger = {
    level: () => logger,
    error: (...words: unknown[]) => note(words),
    warn: (...words: unknown[]) => note(words),
    info: () => logger,
    debug: () => logger,
  };
  const note = (words: unknown[]) => {
    warnings.push(words.map(String).join(' '));
    return logger;
  };
  const compiled = vegaLite.compile(spec as never, { logger: logger as never });
  // Ids of clip paths are counted up in a process.
  vega.resetSVGDefIds();
  const view = new vega.View(vega.parse(compiled.spec), {
    renderer: 'none',
    logger: logger as never,
  });
  const svg = await view.toSVG();
  view.finalize();
  return { svg, warnings };
}

/** Number of things drawn of each kind: shapes of a symbol mark, words of a text mark; axes, legends and titles apart. */
export function countMarks(svg: string): Record<string, number> {
  const counts: Record<string, number> = {};
  const groups =
    /<g class="(mark-(?:line|area|symbol|text|rect|rule|image)) role-mark[^"]*"[^>]*>(.*?)<\/g>/gs;
  for (const [, kind, inside] of svg.matchAll(groups)) {
    const shapes = inside!.match(/<(?:path|text|image|line|rect)\b/g) ?? [];
    counts[kind!] = (counts[kind!] ?? 0) + shapes.length;
  }
  return counts;
}
