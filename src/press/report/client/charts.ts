// Live charts: drawn again by Vega when they come near the screen, from data that stand in the page once.
import { element, toolsOf } from './dom.js';
import { saveMenu } from './save.js';
import { tooltip } from './tooltip.js';
import type { ChartData, View } from './view.js';

interface Vega {
  parse(spec: unknown, config: unknown, options: { ast: boolean }): unknown;
  View: new (runtime: unknown, options: Record<string, unknown>) => View;
  expressionInterpreter: unknown;
}

interface Packed {
  readonly tables: readonly { keys: string[]; rows: unknown[][] }[];
  readonly charts: Readonly<Record<string, unknown>>;
}

type Pictures = ReadonlyMap<string, readonly string[]>;

/** Rows stand in the page as lists, each list once, and pictures in the static charts alone: see `chartData`. */
function unpack(value: unknown, tables: Packed['tables'], pictures: Pictures): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const inner = (item: unknown) => unpack(item, tables, pictures);
  if (Array.isArray(value)) return value.map(inner);
  const { $rows, $picture } = value as { $rows?: unknown; $picture?: unknown };
  if (typeof $rows === 'number') {
    const { keys, rows } = tables[$rows]!;
    return rows.map((row) => Object.fromEntries(keys.map((key, i) => [key, inner(row[i])])));
  }
  if (Array.isArray($picture)) return pictures.get($picture[0])?.[$picture[1]];
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, inner(item)]));
}

/** The pictures of each static chart, which go when the chart comes alive. */
function drawnPictures(): Pictures {
  const charts = [...document.querySelectorAll<HTMLElement>('.chart[data-chart]')];
  return new Map(
    charts.map((holder) => [
      holder.dataset.chart!,
      [...holder.querySelectorAll('svg image')].map(
        (image) => image.getAttribute('xlink:href') ?? image.getAttribute('href') ?? '',
      ),
    ]),
  );
}

export function charts(): void {
  const vega = (globalThis as unknown as { vega?: Vega }).vega;
  const store = document.querySelector('script#chart-data');
  if (!vega || !store) return;
  const packed = JSON.parse(store.textContent ?? '{}') as Packed;
  const pictures = drawnPictures();
  const tip = tooltip();
  const refuse = () => Promise.reject(new Error('a report loads nothing'));
  const loader = {
    options: {},
    load: refuse,
    http: refuse,
    file: refuse,
    sanitize: (uri: string, options?: { context?: string }) =>
      /^data:image\/(?:png|jpeg|gif|webp);base64,/i.test(uri) ||
      (options?.context === 'href' && /^https?:\/\//i.test(uri))
        ? Promise.resolve({ href: uri })
        : refuse(),
  };

  for (const holder of document.querySelectorAll<HTMLElement>('.chart[data-chart]')) {
    const name = holder.dataset.chart!;
    if (!Object.hasOwn(packed.charts, name)) continue;
    const drawn = holder.querySelector('svg');
    if (!drawn) continue;
    const label = drawn.getAttribute('aria-label') ?? '';
    const data = () => unpack(packed.charts[name], packed.tables, pictures) as ChartData;
    let live: Promise<View> | null = null;
    const start = (): Promise<View> => {
      live ??= (async () => {
        const box = element('div', { className: 'live', hidden: true });
        holder.append(box);
        const spec = data().vega;
        const view = new vega.View(vega.parse(spec, undefined, { ast: true }), {
          expr: vega.expressionInterpreter,
          renderer: 'svg',
          container: box,
          hover: true,
          loader,
          tooltip: tip,
        });
        await view.runAsync();

        const svg = box.querySelector('svg');
        if (svg) {
          for (const part of svg.querySelectorAll('[role],[aria-label],[aria-roledescription]')) {
            for (const attribute of ['role', 'aria-label', 'aria-roledescription']) {
              part.removeAttribute(attribute);
            }
          }
          svg.setAttribute('role', 'img');
          svg.setAttribute('aria-label', label);
        }
        for (const attribute of ['role', 'aria-label', 'aria-roledescription']) {
          box.removeAttribute(attribute);
        }
        await narrow(view, spec.width, Number(drawn.getAttribute('width')), box);
        box.hidden = false;
        drawn.remove();
        holder.dataset.state = 'live';
        return view;
      })();
      live.catch(() => {
        holder.querySelector('.live')?.remove();
        holder.dataset.state = 'static';
      });
      return live;
    };
    whenNear(holder, () => {
      start().catch(() => undefined);
    });
    toolsOf(holder).append(saveMenu(holder, name, data, start));
  }
}

/**
 * On a narrow screen a chart is laid out again rather than shrunk, so that its lettering can be read. One of several
 * panels has no width of its own: it can be scrolled.
 */
async function narrow(
  view: View,
  width: unknown,
  natural: number,
  box: HTMLElement,
): Promise<void> {
  const excess = natural - (box.parentElement?.clientWidth ?? natural);
  if (excess <= 0) return;
  if (typeof width === 'number') {
    const least = Math.min(width, 150);
    await view.width(Math.max(least, width - excess)).runAsync();
  } else if (excess > natural * 0.3) {
    box.classList.add('scrolls');
    box.tabIndex = 0;
    box.setAttribute('role', 'group');
    box.setAttribute('aria-label', 'Chart, wider than the screen');
    box.style.setProperty('--least', `${Math.round(natural * 0.8)}px`);
  }
}

function whenNear(target: Element, act: () => void): void {
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      act();
    },
    { rootMargin: '300px' },
  );
  observer.observe(target);
}
