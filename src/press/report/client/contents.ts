// The contents list: folded on narrow screens, and the place of the reader marked in it.

export function contents(): void {
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
