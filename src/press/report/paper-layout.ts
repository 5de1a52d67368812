// Lays the pages of a report out in the browser before they are printed. Chromium has no floating figures and no page
// references, but its columns are broken by the same rules as its pages: with the text set in one row of columns as large
// as a page, every break can be seen and mended.
//
// `layOut` is sent to the browser as text, so it must not use anything from outside itself.

/** In CSS pixels: the part of a page that text may fill. */
export interface PageSize {
  readonly width: number;
  readonly height: number;
}

export interface Layout {
  readonly pages: number;
  /** Page, from 1, of every place that the contents or a page reference names. */
  readonly places: Readonly<Record<string, number>>;
  /** How each figure that would have left a hole was fitted: for tests and for the curious. */
  readonly fitted: readonly { id: string; way: 'scaled' | 'moved' | 'left'; hole: number }[];
}

/**
 * Runs in the page. Fills the holes that figures leave when they do not fit where they stand: a figure is made smaller,
 * within limits, or the text behind it is set before it, as LaTeX would, at a price if that begins a section; never
 * further than the next page, and figures keep their order. Then page numbers are filled in where they are named.
 */
export function layOut({ width, height }: PageSize): Layout {
  /** A hole below this part of a page is no matter. */
  const tolerable = 0.1;
  /** A figure may become this much smaller, as long as lettering of 12 pixels keeps 5.5 points. */
  const scales = [0.94, 0.88, 0.82, 0.76, 0.7];
  const smallestLettering = 7.3;
  const mostPassed = 8;
  const mostCarried = 3;

  interface Block {
    readonly element: HTMLElement;
    readonly first: number;
    readonly last: number;
    readonly top: number;
    readonly bottom: number;
  }

  const root = document.documentElement;
  const { body } = document;
  root.style.setProperty('--break', 'column');
  root.style.width = `${width}px`;
  body.style.cssText = `width:${width}px;height:${height}px;columns:1 ${width}px;column-gap:0;column-fill:auto;margin:0;overflow:visible`;

  const origin = (): DOMRect => body.getBoundingClientRect();
  const fragments = (element: Element): { page: number; top: number; bottom: number }[] => {
    const { left, top } = origin();
    return [...element.getClientRects()]
      .filter((rect) => rect.height > 0)
      .map((rect) => ({
        page: Math.max(0, Math.floor((rect.left - left + 1) / width)),
        top: rect.top - top,
        bottom: rect.bottom - top,
      }));
  };
  const isHeading = (element: Element): boolean => /^H[1-6]$/.test(element.tagName);
  const isWrapper = (element: Element): boolean =>
    element.matches('section, article, main, .prose');

  /** What stands one below the other in an element, wrappers opened. */
  const flow = (from: Element): HTMLElement[] =>
    [...from.children].flatMap((child) =>
      isWrapper(child) ? flow(child) : [child as HTMLElement],
    );
  const measure = (elements: readonly HTMLElement[]): Block[] =>
    elements.flatMap((element) => {
      const parts = fragments(element);
      const [first, last] = [parts[0], parts.at(-1)];
      return first && last
        ? [{ element, first: first.page, last: last.page, top: first.top, bottom: last.bottom }]
        : [];
    });
  /** Figures and short tables with a number, which the text can refer to wherever they stand. */
  const canMove = (element: Element): boolean =>
    element.matches('.floats, .table-block:not(.long)') &&
    element.querySelector('figcaption strong, .table-caption strong') !== null;
  const pictureOf = (element: Element): HTMLElement | SVGElement | null =>
    element.querySelector<HTMLElement | SVGElement>('.chart > svg, .picture > img');

  const fitted: { id: string; way: 'scaled' | 'moved' | 'left'; hole: number }[] = [];

  /** The hole on the page before a figure that begins a page, or null; and the block that the hole is behind. */
  const holeBefore = (
    blocks: readonly Block[],
    index: number,
  ): { page: number; size: number } | null => {
    let start = index;
    while (start > 0 && isHeading(blocks[start - 1]!.element)) start--;
    const before = blocks[start - 1];
    const figure = blocks[start];
    if (!before || !figure || figure.first !== before.last + 1) return null;
    return { page: before.last, size: (height - before.bottom) / height };
  };

  /** What is wider than its place takes the page's width, then becomes smaller, then its words are broken. */
  const fitWide = (place: HTMLElement): void => {
    const block = place.closest<HTMLElement>('.table-block, .output, .equation');
    const inner = place.matches('.formula')
      ? place.querySelector<HTMLElement>('.katex-html')
      : place.querySelector<HTMLElement>(':scope > table, :scope > *');
    if (!inner) return;
    const needed = (): number => inner.scrollWidth / Number(inner.style.zoom || 1);
    const isTooWide = (): boolean => needed() > place.clientWidth + 1;
    if (!isTooWide()) {
      // So does a table that becomes a good deal lower: its cells are broken in a column of the text.
      if (!block || inner.tagName !== 'TABLE' || inner.offsetWidth < place.clientWidth - 1) return;
      const before = inner.offsetHeight;
      block.classList.add('column-page');
      if (inner.offsetHeight > 0.9 * before) block.classList.remove('column-page');
      return;
    }
    if (block && !block.matches('.equation')) block.classList.add('column-page');
    const smallest = 0.72;
    if (needed() * smallest > place.clientWidth) place.classList.add('wraps');
    if (isTooWide())
      inner.style.zoom = String(Math.floor((100 * place.clientWidth) / needed()) / 100);
  };

  const mend = (article: Element): void => {
    const done = new Set<Element>();
    for (;;) {
      const blocks = measure(flow(article));
      const index = blocks.findIndex(({ element }, at) => {
        if (done.has(element) || !canMove(element)) return false;
        const hole = holeBefore(blocks, at);
        if (hole && hole.size > tolerable) return true;
        done.add(element);
        return false;
      });
      if (index === -1) return;
      const { element } = blocks[index]!;
      const { page, size } = holeBefore(blocks, index)!;
      done.add(element);
      /** What is empty at the end of that page now. */
      const emptyOn = (now: readonly Block[]): number => {
        const filled = now
          .filter((block) => block.first <= page && block.last >= page)
          .map((block) => (block.last > page ? height : block.bottom));
        return (height - Math.max(0, ...filled)) / height;
      };
      let best: { cost: number; way: 'scaled' | 'moved' | 'left'; apply: () => void } = {
        cost: size,
        way: 'left',
        apply: () => undefined,
      };

      // Smaller alone, or together with the figure before it on that page.
      const before = blocks.slice(0, index).findLast((block) => !isHeading(block.element));
      const pictures = [
        element,
        ...(before && canMove(before.element) ? [before.element] : []),
      ].map(pictureOf);
      for (const count of [1, 2]) {
        const group = pictures
          .slice(0, count)
          .flatMap((picture) =>
            picture ? [{ picture, full: picture.getBoundingClientRect().width }] : [],
          );
        if (group.length < count) break;
        const resize = (scale: number): void => {
          for (const { picture, full } of group) picture.style.width = `${full * scale}px`;
        };
        const widths = group.map(({ picture }) => picture.style.width);
        for (const scale of scales) {
          const lettering = group.map(
            ({ picture, full }) =>
              (12 * full * scale) / (Number(picture.getAttribute('width')) || full),
          );
          if (Math.min(...lettering) < smallestLettering) break;
          resize(scale);
          const now = measure(flow(article));
          const self = now.find((block) => block.element === element)!;
          if (self.first !== page || self.last !== page) continue;
          const cost = (count === 1 ? 0.8 : 1.2) * (1 - scale) + emptyOn(now);
          if (cost < best.cost) best = { cost, way: 'scaled', apply: () => resize(scale) };
          break;
        }
        for (const [at, { picture }] of group.entries()) picture.style.width = widths[at]!;
      }

      // Behind the text that follows. Figures that are met on the way come along: their order stays.
      const carried = [element];
      const homes = [document.createComment('')];
      element.before(homes[0]!);
      let sections = 0;
      for (let passed = 1; passed <= mostPassed; passed++) {
        const next = blocks[index + passed]?.element;
        if (!next || next.matches('h1, .paper-break') || next.closest('.end')) break;
        if (canMove(next)) {
          if (carried.length === mostCarried) break;
          const home = document.createComment('');
          next.before(home);
          homes.push(home);
          carried.push(next);
          continue;
        }
        if (next.matches('h2, h3')) sections++;
        const following = blocks[index + passed + 1]?.element;
        // A heading stays with its text, and code with what it printed.
        if (isHeading(next) || (next.matches('.code') && following?.matches('.output'))) continue;
        const group = [...carried];
        next.after(...group);
        const now = measure(flow(article));
        const places = group.map((each) => now.find((block) => block.element === each)!);
        if (places.some(({ first }, at) => first > page + 1 + at)) break;
        const away = places[0]!.first === page ? 0 : places[0]!.top / height;
        const cost = emptyOn(now) + 0.3 * away + 0.01 * passed + 0.03 * sections;
        if (cost < best.cost) {
          best = { cost, way: 'moved', apply: () => next.after(...group) };
        }
      }
      for (const [at, home] of homes.entries()) home.replaceWith(carried[at]!);
      best.apply();
      fitted.push({ id: element.id, way: best.way, hole: size });
    }
  };

  // Page numbers are not known yet, but take their room.
  for (const place of document.querySelectorAll('[data-page-of]')) place.textContent = '00';
  for (const place of document.querySelectorAll<HTMLElement>('.scroll, .formula')) fitWide(place);

  // Contents that all but fit under the title are set smaller; those that do not begin a page.
  for (const contents of document.querySelectorAll<HTMLElement>('.title-block ~ .paper-contents')) {
    const spills = (): boolean => (fragments(contents).at(-1)?.page ?? 0) > 0;
    for (const zoom of ['0.94', '0.88', '0.82']) {
      if (!spills()) break;
      contents.style.setProperty('zoom', zoom);
    }
    if (spills()) {
      contents.style.removeProperty('zoom');
      contents.classList.add('own-page');
    }
  }

  // One chapter at a time: each begins a page, and a whole book would be laid out anew at every try.
  const articles = [...document.querySelectorAll<HTMLElement>('article')];
  for (const article of articles) {
    for (const other of articles) other.style.display = other === article ? '' : 'none';
    mend(article);
  }
  for (const article of articles) article.style.display = '';

  const pageOf = (element: Element): number => {
    const [fragment] = fragments(element);
    return (fragment?.page ?? 0) + 1;
  };
  const named = [...document.querySelectorAll<HTMLElement>('[data-page-of]')];
  const places: Record<string, number> = {};
  // Numbers may move what stands behind them; that settles at once or, rarely, in a second round.
  for (let round = 0; round < 3; round++) {
    let settled = true;
    for (const place of named) {
      const id = place.dataset.pageOf!;
      const target = document.getElementById(id);
      if (!target) continue;
      const number = pageOf(target);
      settled &&= places[id] === number;
      places[id] = number;
    }
    for (const place of named) place.textContent = String(places[place.dataset.pageOf!] ?? '');
    if (settled) break;
  }
  const pages = Math.max(1, Math.round(body.scrollWidth / width));

  root.style.removeProperty('--break');
  root.style.removeProperty('width');
  body.removeAttribute('style');
  return { pages, places, fitted };
}
