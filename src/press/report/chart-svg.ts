// Vega's vector picture → the one that stands in a page.
import { ChartError } from './chart-error.js';

/** What Vega writes for the sides of every group, drawn or not. */
const unseen =
  /<path class="background" d="M0,0h0v0h0Z"\/>|<path class="foreground" d="" display="none"\/>/g;

const fontFamily = / font-family="([^"]*)"/g;

function commonest(values: readonly string[]): string | null {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] ?? null;
}

/**
 * Ids made unique in the page, two decimals, one name for screen readers instead of one a mark; what shows nothing or says
 * what holds anyway is left out, and the typeface stands once.
 */
export function finishSvg(
  raw: string,
  { id, alt }: { id: string; alt: string },
): { svg: string; width: number; height: number } {
  const open = /^<svg[^>]*>/.exec(raw);
  if (!open) throw new ChartError('the chart came out empty');
  const size = (name: string) =>
    Number(new RegExp(`\\b${name}="([\\d.]+)"`).exec(open[0])?.[1] ?? 0);
  const [width, height] = [size('width'), size('height')];
  if (!(width > 0 && height > 0 && width < 20_000 && height < 20_000)) {
    throw new ChartError(`the chart is ${width} × ${height} pixels large`);
  }
  if (/\burl\((?!#)/i.test(raw.replace(/>[^<]*</g, '><'))) {
    throw new ChartError('a colour of the chart is an address. A report loads nothing');
  }
  const prefix = `${id}-`;
  const seen = raw.slice(open[0].length).replace(unseen, '');
  const font = commonest([...seen.matchAll(fontFamily)].map(([, family]) => family!));
  const body = seen.replace(/<[^>]+>/g, (tag) =>
    tag
      .replace(fontFamily, (given, family) => (family === font ? '' : given))
      .replace(/\bid="([^"]*)"/g, `id="${prefix}$1"`)
      .replace(/url\(#([^)]*)\)/g, `url(#${prefix}$1)`)
      .replace(/(?<=[\s",(A-Za-z-])-?\d+\.\d{3,}(?:e-?\d+)?/g, (number) =>
        String(Number(Number(number).toFixed(2))),
      )
      .replace(/ (?:aria-[a-z]+|role)="[^"]*"/g, '')
      .replace(/ (?:pointer-events="none"|opacity="1"|transform="translate\(0,0\)")/g, ''),
  );
  const label = alt.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
  const viewBox = /viewBox="([^"]*)"/.exec(open[0])?.[1] ?? `0 0 ${width} ${height}`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" class="marks" role="img" aria-label="${label}" width="${width}" height="${height}" viewBox="${viewBox}"${font === null ? '' : ` font-family="${font}"`}>${body}`;
  return { svg, width, height };
}
