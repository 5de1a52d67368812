// A drawing from a notebook, made harmless. It stands in the page as a picture, where browsers run and load nothing; but a
// reader may save it or open it in a tab, so what could run or load there is taken out, and with it the entities that make
// a small file large.
import { Parser } from 'htmlparser2';
import { escapeHtml } from './markup.js';

/** Elements that run, load, or hold another language. */
const refused = new Set(
  'script foreignobject iframe object embed audio video canvas handler listener meta link base'.split(
    ' ',
  ),
);

/** What an animation may not set. */
const loading = /^(?:xlink:)?href$|^on/i;

/** Without the entities, notes to programs and parts that run or load; null if it is no SVG. */
export function harmlessSvg(source: string): string | null {
  const out: string[] = [];
  let skipped = 0;
  let style: string[] | null = null;
  let isSvg = false;
  let hasNamespace = false;
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        const local = name.replace(/^.*:/, '').toLowerCase();
        if (!isSvg && local !== 'svg') return;
        if (skipped > 0 || refused.has(local) || !/^[\w:.-]+$/.test(name)) {
          skipped += 1;
          return;
        }
        if (/^(?:set|animate)/.test(local) && loading.test(attributes.attributeName ?? '')) {
          skipped += 1;
          return;
        }
        if (!isSvg) hasNamespace = 'xmlns' in attributes || name.includes(':');
        const kept = Object.entries(attributes).filter(([key, value]) => isHarmless(key, value));
        if (!isSvg && !hasNamespace) kept.unshift(['xmlns', 'http://www.w3.org/2000/svg']);
        isSvg = true;
        out.push(
          `<${name}${kept.map(([key, value]) => ` ${key}="${escapeHtml(value)}"`).join('')}>`,
        );
        if (local === 'style') style = [];
      },
      ontext(text) {
        if (!isSvg || skipped > 0) return;
        if (style) style.push(text);
        else out.push(escapeHtml(text));
      },
      onclosetag(name) {
        if (!isSvg) return;
        if (skipped > 0) {
          skipped -= 1;
          return;
        }
        if (style) {
          const css = style.join('');
          out.push(loadsInCss(css) ? '' : escapeHtml(css));
          style = null;
        }
        out.push(`</${name}>`);
      },
    },
    { xmlMode: true, decodeEntities: true },
  );
  parser.end(source);
  return isSvg ? out.join('') : null;
}

function isHarmless(name: string, value: string): boolean {
  if (!/^[\w:.-]+$/.test(name) || /^on/i.test(name)) return false;
  if (/^(?:xlink:)?href$/i.test(name) || /^(?:src|data|action|formaction)$/i.test(name)) {
    return /^\s*(?:#|data:image\/(?:png|jpeg|gif|webp);base64,)/i.test(value);
  }
  return !loadsInCss(value);
}

/** An address other than a part of the drawing itself or a picture inside it. Escapes hide addresses, so they are refused. */
function loadsInCss(css: string): boolean {
  if (/@import|\\|expression\s*\(|image-set|src\s*\(/i.test(css)) return true;
  return [...css.matchAll(/url\s*\(\s*["']?/gi)].some(
    ({ index, 0: { length } }) =>
      !/^(?:#|data:(?:image\/(?:png|jpeg|gif|webp)|font\/|application\/(?:x-)?font))/i.test(
        css.slice(index + length, index + length + 40),
      ),
  );
}
