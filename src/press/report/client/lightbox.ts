// Figures one at a time, as large as the screen allows. Escape closes, the arrow keys go on to the next, and the focus
// returns to where it came from.
import { element, toolsOf } from './dom.js';

export function lightbox(): void {
  const holders = [
    ...document.querySelectorAll<HTMLElement>('figure :is(.chart, .picture)'),
  ].filter((holder) => holder.querySelector('svg, img'));
  if (holders.length === 0) return;
  const dialog = element('dialog', { className: 'lightbox' });
  const bar = element('div', { className: 'lightbox-bar' });
  const stage = element('div', { className: 'lightbox-stage' });
  const caption = element('div', { className: 'lightbox-caption' });
  stage.tabIndex = 0;
  stage.setAttribute('role', 'group');
  let at = 0;
  let from: HTMLElement | null = null;
  const button = (label: string, name: string, act: () => void) => {
    const made = element('button', { type: 'button', textContent: label });
    made.setAttribute('aria-label', name);
    made.addEventListener('click', act);
    bar.append(made);
    return made;
  };
  const show = (index: number) => {
    at = index;
    const holder = holders[index]!;
    const drawn = holder.querySelector<SVGElement | HTMLImageElement>('.live svg, svg, img')!;
    const copy = drawn.cloneNode(true) as SVGElement | HTMLImageElement;
    for (const attribute of ['id', 'width', 'height', 'style']) copy.removeAttribute(attribute);
    if (drawn instanceof SVGElement && !copy.getAttribute('viewBox')) {
      copy.setAttribute('viewBox', `0 0 ${drawn.clientWidth} ${drawn.clientHeight}`);
    }
    const { width, height } = drawn.getBoundingClientRect();
    const box = element('div', { className: holder.className });
    box.style.setProperty('--ratio', String(width > 0 && height > 0 ? width / height : 1.5));
    box.append(copy);
    stage.replaceChildren(box);
    const words = holder.closest('figure')?.querySelector('figcaption')?.cloneNode(true);
    for (const part of (words as Element | undefined)?.querySelectorAll('[id]') ?? []) {
      part.removeAttribute('id');
    }
    caption.replaceChildren(...(words ? [...words.childNodes] : []));
    const name = figureName(holder);
    dialog.setAttribute('aria-label', name);
    stage.setAttribute('aria-label', name);
    previous.disabled = index === 0;
    next.disabled = index === holders.length - 1;
  };
  const previous = button('‹', 'Previous figure', () => show(Math.max(0, at - 1)));
  const next = button('›', 'Next figure', () => show(Math.min(holders.length - 1, at + 1)));
  const shut = button('Close', 'Close', () => dialog.close());
  dialog.append(bar, stage, caption);
  dialog.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowLeft' && at > 0) show(at - 1);
    else if (event.key === 'ArrowRight' && at < holders.length - 1) show(at + 1);
  });
  dialog.addEventListener('click', (event) => {
    const target = event.target as Element;
    if (target === dialog) dialog.close();
    // A reference in the caption leads out of here.
    if (target.closest('a[href^="#"]')) dialog.close();
  });
  dialog.addEventListener('close', () => {
    stage.replaceChildren();
    from?.focus();
  });
  document.body.append(dialog);
  for (const [index, holder] of holders.entries()) {
    const open = element('button', { type: 'button', textContent: 'Enlarge' });
    open.setAttribute('aria-label', `Enlarge ${figureName(holder)}`);
    open.addEventListener('click', () => {
      from = open;
      show(index);
      dialog.showModal();
      shut.focus();
    });
    toolsOf(holder).prepend(open);
  }
}

/** 'Figure 3', or what the picture shows. */
export function figureName(holder: HTMLElement): string {
  const number = holder.closest('figure')?.querySelector('figcaption > strong')?.textContent;
  const picture = holder.querySelector('svg, img');
  return (
    number?.replace(/\.\s*$/, '') ||
    picture?.getAttribute('aria-label') ||
    picture?.getAttribute('alt') ||
    'the figure'
  );
}
