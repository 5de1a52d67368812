// What a reference, a citation or a note points at, shown beside it: on hover, on keyboard focus, and on a touch, where the
// first touch shows and a link in the box goes there. The pointer may move into the box; Escape closes it.
import { element } from './dom.js';

const openAfterMs = 250;
const closeAfterMs = 200;

export function previews(): void {
  let box: HTMLElement | null = null;
  let owner: HTMLAnchorElement | null = null;
  let timer = 0;
  const close = () => {
    clearTimeout(timer);
    box?.remove();
    owner?.removeAttribute('aria-describedby');
    box = null;
    owner = null;
  };
  const later = (act: () => void, delay: number) => {
    clearTimeout(timer);
    timer = window.setTimeout(act, delay);
  };
  const open = (link: HTMLAnchorElement, isTouch: boolean) => {
    const content = contentFor(link);
    close();
    if (!content) return false;
    box = element('div', { className: 'preview', id: 'preview' });
    box.setAttribute('role', 'tooltip');
    box.append(content);
    if (isTouch) {
      const way = element('a', {
        href: link.hash,
        className: 'preview-way',
        textContent: 'Go there',
      });
      way.addEventListener('click', close);
      box.append(way);
    }
    box.addEventListener('pointerenter', () => clearTimeout(timer));
    box.addEventListener('pointerleave', () => later(close, closeAfterMs));
    (link.closest('main') ?? document.body).append(box);
    place(box, link);
    owner = link;
    link.setAttribute('aria-describedby', 'preview');
    return true;
  };
  for (const link of document.querySelectorAll<HTMLAnchorElement>(
    'main a.reference[href^="#"], main a.citation[href^="#"], main .note-mark a',
  )) {
    let touched = false;
    link.addEventListener('pointerenter', (event) => {
      if (event.pointerType !== 'touch') later(() => open(link, false), openAfterMs);
    });
    link.addEventListener('pointerleave', (event) => {
      if (event.pointerType !== 'touch') later(close, closeAfterMs);
    });
    link.addEventListener('focus', () => {
      if (link.matches(':focus-visible')) open(link, false);
    });
    link.addEventListener('blur', () => {
      if (owner === link && !box?.matches(':hover, :focus-within')) close();
    });
    link.addEventListener('pointerdown', (event) => {
      touched = event.pointerType === 'touch';
    });
    link.addEventListener('click', (event) => {
      if (touched && owner !== link && open(link, true)) event.preventDefault();
      else close();
    });
  }
  addEventListener('keydown', (event) => {
    if (event.key === 'Escape') close();
  });
  addEventListener('pointerdown', (event) => {
    const target = event.target as Element;
    if (box && !box.contains(target) && target.closest('a') !== owner) close();
  });
}

/** A copy of what the link points at; of a section its heading and first paragraph. */
function contentFor(link: HTMLAnchorElement): HTMLElement | null {
  const target = document.getElementById(decodeURIComponent(link.hash.slice(1)));
  if (!target) return null;
  const content = element('div');
  if (/^H[1-6]$/.test(target.tagName)) {
    const title = element('strong', { textContent: target.textContent?.replace(/#$/, '') ?? '' });
    const first = target.closest('section')?.querySelector(':scope > .prose > p');
    content.append(title, ...(first ? [first.cloneNode(true)] : []));
  } else if (target.tagName === 'LI') {
    content.append(...[...target.childNodes].map((node) => node.cloneNode(true)));
  } else content.append(target.cloneNode(true));
  for (const part of content.querySelectorAll('[id]')) part.removeAttribute('id');
  for (const part of content.querySelectorAll(
    '.tools, .copy, .anchor, details.data, a[aria-label^="Back to the text"]',
  )) {
    part.remove();
  }
  // What is shown here is not to be reached by keyboard: it stands in the page.
  for (const part of content.querySelectorAll('a, [tabindex]')) {
    part.removeAttribute('tabindex');
    part.removeAttribute('href');
  }
  return content;
}

function place(box: HTMLElement, link: HTMLElement): void {
  const at = link.getClientRects()[0] ?? link.getBoundingClientRect();
  const size = box.getBoundingClientRect();
  const above = at.bottom + size.height + 12 > innerHeight && at.top > size.height + 12;
  box.style.left = `${Math.max(8, Math.min(at.left, document.documentElement.clientWidth - size.width - 8)) + scrollX}px`;
  box.style.top = `${(above ? at.top - size.height - 6 : at.bottom + 6) + scrollY}px`;
}
