// What a report does in the browser when scripts run: live charts, saving them, copying code, the current place in the
// contents, previews of references, light and dark. Without it the report reads just as well. It is put into the page
// as text, so it may import nothing; Vega, where there are charts, is the global `vega`.
export {};

interface ChartData {
  readonly vega: Record<string, unknown>;
  readonly source: Record<string, unknown>;
  readonly library: string;
  readonly table: {
    readonly data: string;
    readonly columns: { field: string; title: string }[];
  } | null;
}

interface View {
  runAsync(): Promise<View>;
  finalize(): void;
  toSVG(scale?: number): Promise<string>;
  toImageURL(type: string, scale?: number): Promise<string>;
  background(colour: string | null): View;
  width(pixels: number): View;
  data(name: string): Record<string, unknown>[];
}

interface Vega {
  parse(spec: unknown, config: unknown, options: { ast: boolean }): unknown;
  View: new (runtime: unknown, options: Record<string, unknown>) => View;
  expressionInterpreter: unknown;
}

const root = document.documentElement;

function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
): HTMLElementTagNameMap[K] {
  return Object.assign(document.createElement(tag), properties);
}

function themeSwitch(): void {
  const bar = document.querySelector('.bar');
  if (!bar) return;
  const isDark = () =>
    root.dataset.theme
      ? root.dataset.theme === 'dark'
      : matchMedia('(prefers-color-scheme: dark)').matches;
  const button = element('button', { type: 'button', className: 'theme' });
  const label = () => {
    button.textContent = isDark() ? 'Light' : 'Dark';
    button.setAttribute('aria-label', `Show the page ${isDark() ? 'light' : 'dark'}`);
  };
  button.addEventListener('click', () => {
    root.dataset.theme = isDark() ? 'light' : 'dark';
    label();
  });
  label();
  bar.append(button);
}

function contents(): void {
  const nav = document.querySelector('nav.contents');
  if (!nav) return;
  const box = nav.querySelector('details');
  if (box && matchMedia('(max-width: 1179px)').matches) box.open = false;
  const links = new Map<Element, HTMLAnchorElement>();
  for (const link of nav.querySelectorAll<HTMLAnchorElement>('a[href^="#"]')) {
    const heading = document.getElementById(link.hash.slice(1));
    if (heading) links.set(heading, link);
  }
  const headings = [...links.keys()];
  let current: HTMLAnchorElement | undefined;
  const update = () => {
    let at: Element | undefined;
    for (const heading of headings) {
      if (heading.getBoundingClientRect().top > innerHeight * 0.25) break;
      at = heading;
    }
    const link = at && links.get(at);
    if (link === current) return;
    current?.removeAttribute('aria-current');
    link?.setAttribute('aria-current', 'location');
    current = link;
  };
  let waiting = false;
  addEventListener(
    'scroll',
    () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => {
        waiting = false;
        update();
      });
    },
    { passive: true },
  );
  update();
}

function copyButtons(): void {
  for (const block of document.querySelectorAll<HTMLElement>('.code')) {
    const button = element('button', { type: 'button', className: 'copy', textContent: 'Copy' });
    button.setAttribute('aria-label', 'Copy the code');
    button.addEventListener('click', () => {
      const text = block.querySelector('pre')?.textContent ?? '';
      const done = (label: string) => {
        button.textContent = label;
        setTimeout(() => {
          button.textContent = 'Copy';
        }, 1500);
      };
      navigator.clipboard.writeText(text).then(
        () => done('Copied'),
        () => done('Not allowed'),
      );
    });
    block.append(button);
  }
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

function charts(): void {
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
        await narrow(view, spec.width, Number(drawn.getAttribute('width')) - holder.clientWidth);
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
    holder.append(saveMenu(holder, name, data, start));
  }
}

/** On a narrow screen a chart is laid out again rather than shrunk, so that its lettering can be read. */
async function narrow(view: View, width: unknown, excess: number): Promise<void> {
  if (typeof width !== 'number' || excess <= 0) return;
  const least = Math.min(width, 150);
  await view.width(Math.max(least, width - excess)).runAsync();
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

function tooltip(): (handler: unknown, event: MouseEvent, item: unknown, value: unknown) => void {
  const box = element('div', { className: 'tip', hidden: true });
  document.body.append(box);
  return (_handler, event, _item, value) => {
    if (value === null || value === undefined || value === '') {
      box.hidden = true;
      return;
    }
    box.replaceChildren();
    if (typeof value === 'object') {
      const table = element('table');
      table.setAttribute('role', 'presentation');
      for (const [key, cell] of Object.entries(value)) {
        const row = table.insertRow();
        row.insertCell().textContent = key;
        row.insertCell().textContent = String(cell);
      }
      box.append(table);
    } else box.textContent = String(value);
    box.hidden = false;
    const { width, height } = box.getBoundingClientRect();
    const left =
      event.clientX + 14 + width > innerWidth ? event.clientX - 14 - width : event.clientX + 14;
    const top =
      event.clientY + 14 + height > innerHeight ? event.clientY - 10 - height : event.clientY + 14;
    box.style.left = `${Math.max(4, left)}px`;
    box.style.top = `${Math.max(4, top)}px`;
  };
}

function saveMenu(
  holder: HTMLElement,
  name: string,
  data: () => ChartData,
  start: () => Promise<View>,
): HTMLElement {
  const tools = element('div', { className: 'tools' });
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
  tools.append(menu);
  return tools;
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

/** Hovering or focusing a reference shows what it points at. */
function previews(): void {
  if (!matchMedia('(hover: hover)').matches) return;
  let box: HTMLElement | null = null;
  const close = () => {
    box?.remove();
    box = null;
  };
  for (const link of document.querySelectorAll<HTMLAnchorElement>(
    'main a.reference,main a.citation,main .note-mark a',
  )) {
    let timer = 0;
    const open = () => {
      close();
      const target = document.getElementById(link.hash.slice(1));
      if (!target || target.closest('section')?.id === target.id) return;
      box = element('div', { className: 'preview' });
      box.setAttribute('aria-hidden', 'true');
      box.inert = true;
      const copy = target.cloneNode(true) as HTMLElement;
      copy.removeAttribute('id');
      for (const part of copy.querySelectorAll('[id]')) part.removeAttribute('id');
      box.append(copy);
      document.body.append(box);
      const at = link.getBoundingClientRect();
      const size = box.getBoundingClientRect();
      const above = at.bottom + size.height + 12 > innerHeight && at.top > size.height + 12;
      box.style.left = `${Math.max(8, Math.min(at.left, innerWidth - size.width - 8)) + scrollX}px`;
      box.style.top = `${(above ? at.top - size.height - 8 : at.bottom + 8) + scrollY}px`;
    };
    link.addEventListener('pointerenter', () => {
      timer = window.setTimeout(open, 250);
    });
    link.addEventListener('pointerleave', () => {
      clearTimeout(timer);
      close();
    });
    link.addEventListener('click', close);
  }
  addEventListener('keydown', (event) => {
    if (event.key === 'Escape') close();
  });
}

/** A picture larger than its column opens at its own size. */
function lightbox(): void {
  for (const image of document.querySelectorAll<HTMLImageElement>('.picture img')) {
    if (image.naturalWidth <= image.clientWidth * 1.2) continue;
    const holder = image.closest<HTMLElement>('.picture')!;
    const button = element('button', { type: 'button', textContent: 'Enlarge' });
    button.addEventListener('click', () => {
      const dialog = element('dialog', { className: 'lightbox' });
      dialog.setAttribute('aria-label', image.alt || 'Picture');
      const shut = element('button', { type: 'button', textContent: 'Close' });
      shut.addEventListener('click', () => dialog.close());
      dialog.addEventListener('close', () => {
        dialog.remove();
        button.focus();
      });
      dialog.addEventListener('click', (event) => {
        if (event.target === dialog) dialog.close();
      });
      dialog.append(shut, image.cloneNode());
      document.body.append(dialog);
      dialog.showModal();
    });
    const tools = element('div', { className: 'tools' });
    tools.append(button);
    holder.append(tools);
  }
}

themeSwitch();
contents();
copyButtons();
charts();
previews();
if (document.readyState === 'complete') lightbox();
else addEventListener('load', lightbox);
