// Saving a chart: as a picture, as data, as its specification.
import { element } from './dom.js';
import type { ChartData, View } from './view.js';

export function saveMenu(
  holder: HTMLElement,
  name: string,
  data: () => ChartData,
  start: () => Promise<View>,
): HTMLElement {
  const menu = element('details', { className: 'menu' });
  const summary = element('summary', { textContent: 'Save' });
  const caption =
    holder.closest('figure')?.querySelector('figcaption strong')?.textContent ?? 'the chart';
  summary.setAttribute('aria-label', `Save ${caption.replace(/\.$/, '')}`);
  const list = element('div');
  const add = (label: string, extension: string, make: () => Promise<string>, type: string) => {
    const button = element('button', { type: 'button', textContent: label });
    button.addEventListener('click', () => {
      menu.open = false;
      make().then(
        (content) => save(`${name}.${extension}`, content, type),
        () => undefined,
      );
    });
    list.append(button);
  };
  const onWhite = async <T>(make: (view: View) => Promise<T>): Promise<T> => {
    const view = await start();
    const made = await make(view.background('#ffffff'));
    await view.background(null).runAsync();
    return made;
  };
  add('Vector picture (SVG)', 'svg', () => onWhite((view) => view.toSVG()), 'image/svg+xml');
  add('Picture (PNG)', 'png', () => onWhite((view) => view.toImageURL('png', 2)), '');
  const { table } = data();
  if (table) {
    add(
      'Data (CSV)',
      'csv',
      async () => csv((await start()).data(table.data), table.columns),
      'text/csv',
    );
  }
  const isLite = data().library === 'vega-lite';
  add(
    `Specification (${isLite ? 'Vega-Lite' : 'Vega'})`,
    isLite ? 'vl.json' : 'vg.json',
    async () => JSON.stringify(data().source, null, 2),
    'application/json',
  );
  menu.append(summary, list);
  menu.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    menu.open = false;
    summary.focus();
  });
  addEventListener('click', (event) => {
    if (!menu.contains(event.target as Node)) menu.open = false;
  });
  return menu;
}

function csv(rows: Record<string, unknown>[], columns: { field: string }[]): string {
  const cell = (value: unknown) => {
    const text = value === null || value === undefined ? '' : String(value);
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = rows.map((row) => columns.map(({ field }) => cell(row[field])).join(','));
  return `${columns.map(({ field }) => cell(field)).join(',')}\n${lines.join('\n')}\n`;
}

function save(file: string, content: string, type: string): void {
  const isUrl = type === '';
  const href = isUrl ? content : URL.createObjectURL(new Blob([content], { type }));
  const link = element('a', { href, download: file });
  link.click();
  if (!isUrl) setTimeout(() => URL.revokeObjectURL(href), 10_000);
}
