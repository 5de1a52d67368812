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

/** Rows stand in the page as lists, each list once: see `packData`. */
function unpack(value: unknown, tables: { keys: string[]; rows: unknown[][] }[]): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => unpack(item, tables));
  const reference = (value as { $rows?: unknown }).$rows;
  if (typeof reference === 'number') {
    const table = tables[reference]!;
    return table.rows.map((row) => Object.fromEntries(table.keys.map((key, i) => [key, row[i]])));
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, unpack(item, tables)]),
  );
}

export function charts(): void {
  const vega = (globalThis as unknown as { vega?: Vega }).vega;
  const store = document.querySelector('script#chart-data');
  if (!vega || !store) return;
  const packed = JSON.parse(store.textContent ?? '{}') as {
    tables: { keys: string[]; rows: unknown[][] }[];
    charts: Record<string, unknown>;
  };
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
    const data = () => unpack(packed.charts[name], packed.tables) as ChartData;
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
