// Looks at a page from inside the browser for what must not be there. It runs in the page, so it may use nothing from
// outside itself.

export function audit(lastWords: string): string[] {
  const found: string[] = [];
  const say = (what: string, element: Element) =>
    found.push(`${what}: ${element.outerHTML.slice(0, 160)}`);
  const refused =
    'iframe,object,embed,applet,portal,fencedframe,frame,frameset,base,template,audio,video,source,track,foreignObject,animate,animateTransform,set,handler,feImage,dialog[open],textarea,select,marquee,map,area,plaintext,xmp,title:not(head title):not(svg title),meta:not(head meta),link,style:not(head style),[popover]';
  for (const element of document.querySelectorAll(refused)) say('element', element);
  for (const form of document.querySelectorAll('form')) {
    if (!form.matches('.live form.vega-bindings')) say('form', form);
  }
  const scripts = [...document.scripts].filter((script) => script.type !== 'application/json');
  if (scripts.length > 2 || scripts.some((script) => script.src !== '')) found.push('a script');
  const ids = new Set<string>();
  for (const element of document.querySelectorAll('*')) {
    if (element.id !== '') {
      if (ids.has(element.id)) say('id twice', element);
      ids.add(element.id);
    }
    for (const { name, value } of element.attributes) {
      if (/^on/i.test(name)) say('handler', element);
      if (
        /^(?:srcdoc|srcset|action|formaction|ping|background|poster|manifest|lowsrc|dynsrc|is|nonce)$/i.test(
          name,
        )
      ) {
        say('attribute', element);
      }
      if (/^(?:xlink:)?href$/i.test(name)) {
        const isOwn = element.matches('a.whole');
        if (!isOwn && !/^(?:$|#|https?:|mailto:)/.test(value) && !value.startsWith('data:image/')) {
          say('address', element);
        }
      }
      if (name === 'src' && !/^data:image\/(?:png|jpeg|gif|webp|svg\+xml);base64,/.test(value)) {
        say('source', element);
      }
      if (name === 'style') {
        if (/url\(|expression|image-set|@import|\\|--x/i.test(value)) say('style', element);
        const isOurs = element.closest('.katex,.tip,.live,.preview') !== null;
        if (!isOurs && /position\s*:|inset|z-index|transform|margin|translate/i.test(value))
          say('place', element);
      }
      if (
        /url\((?!['"]?#)/i.test(value) &&
        name !== 'content' &&
        !/^(?:alt|title|aria-label)$/.test(name)
      ) {
        say('loading attribute', element);
      }
    }
  }
  for (const [id, tag] of [
    ['main', 'MAIN'],
    ['title', 'H1'],
    ['chart-data', 'SCRIPT'],
  ] as const) {
    const element = document.getElementById(id);
    if (element && element.tagName !== tag) say('stand-in', element);
  }
  const outside = [...document.querySelectorAll('.prose,.output,figure,.code,.table-block')].filter(
    (element) => !element.closest('main#main article'),
  );
  for (const element of outside) say('outside of the text', element);
  // Headings of the input may make it a section of theirs; nothing else may hold it.
  const isInText = (heading: Element) => {
    let around = heading.parentElement;
    while (around?.tagName === 'SECTION') around = around.parentElement;
    return around?.tagName === 'ARTICLE' && around.parentElement?.id === 'main';
  };
  const last = [...document.querySelectorAll('h2,h3')].find(
    (heading) => heading.textContent?.includes(lastWords) && isInText(heading),
  );
  if (!last) found.push('the last section is not where it belongs');
  const unknown = [...document.body.children].filter(
    (element) =>
      !element.matches(
        'a.skip,div.layout,script,div.tip,div.preview,main,.sheet,dialog.lightbox,[data-own]',
      ),
  );
  for (const element of unknown) say('beside the page', element);
  return found;
}
