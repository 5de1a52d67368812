// HTML from a notebook, made harmless. What strangers wrote may show text, tables, lists and pictures; it cannot run a
// script, load anything, style or cover the page, or take an id that the page uses.
import sanitizeHtml from 'sanitize-html';
import { makePicture, type PictureKind } from './picture.js';

const blocks =
  'p div section article header footer blockquote pre hr br ul ol li dl dt dd details summary figure figcaption center address';
const headings = 'h1 h2 h3 h4 h5 h6';
const inline =
  'a abbr b bdi bdo cite code data del dfn em i ins kbd mark q s samp small span strong sub sup time u var wbr font tt';
const tables = 'table caption colgroup col thead tbody tfoot tr th td';
const mathml =
  'math semantics annotation mrow mi mn mo ms mtext mspace msup msub msubsup mfrac msqrt mroot munder mover munderover mtable mtr mtd mpadded mphantom mstyle menclose';
// No style, script, use, image, foreignObject, animation or filter: nothing that fetches, runs or leaks out of the drawing.
const svg =
  'svg g path rect circle ellipse line polyline polygon text tspan defs linearGradient radialGradient stop clipPath';

const length = /^-?[\d.]+(?:px|em|rem|ex|ch|%|pt|cm|mm|in)?$/;
const lengths =
  /^(?:-?[\d.]+(?:px|em|rem|ex|ch|%|pt|cm|mm|in)?|auto)(?:\s+(?:-?[\d.]+(?:px|em|rem|ex|ch|%|pt|cm|mm|in)?|auto)){0,3}$/;
const colour = /^(?:#[0-9a-f]{3,8}|[a-z]{3,24}|(?:rgb|hsl)a?\([\d\s.,%/deg]+\))$/i;
const word = /^[a-z-]{2,24}$/i;
// Each part of these lists ends where the next begins (`(?![\w.(])`), so that no text takes long to be refused.
const border =
  /^(?:(?:[\d.]{1,8}(?:px|em|pt)?|#[0-9a-f]{3,8}|[a-z]{3,24})(?![\w.(])|rgba?\([\d\s.,%]{1,60}\)|\s){1,12}$/i;
const gradient =
  /^linear-gradient\((?:(?:[\d.]{1,12}(?:deg|px|em|%)|#[0-9a-f]{3,8}|[a-z]{2,24})(?![\w.(])|rgba?\([\d\s.,%]{1,60}\)|[\s,]){1,60}\)$/i;

/** Presentation that a table or a notice may carry along; nothing that moves things about or fetches. */
const styles: Record<string, RegExp[]> = {
  color: [colour],
  background: [colour, gradient],
  'background-color': [colour],
  'text-align': [word],
  'vertical-align': [word, length],
  'font-weight': [/^(?:\d{3}|[a-z]+)$/i],
  'font-style': [word],
  'font-variant': [word],
  'font-size': [/^(?:small|smaller|medium|large|larger|[\d.]{1,4}(?:em|rem|%|px|pt))$/],
  'text-decoration': [word],
  'white-space': [/^(?:pre|pre-wrap|pre-line|nowrap|normal)$/],
  border: [border],
  'border-top': [border],
  'border-bottom': [border],
  'border-left': [border],
  'border-right': [border],
  'border-collapse': [word],
  padding: [lengths],
  'padding-left': [length],
  'padding-right': [length],
  width: [/^[\d.]+(?:px|em|rem|ch|%)$/],
  'max-width': [/^[\d.]+(?:px|em|rem|ch|%)$/],
  height: [/^[\d.]{1,4}(?:px|em|rem)$/],
  'border-radius': [length],
  opacity: [/^[\d.]{1,5}$/],
  display: [/^(?:block|inline|inline-block|flex|grid|table|table-row|table-cell|none)$/],
  'flex-wrap': [word],
  gap: [lengths],
  'list-style-type': [word],
};

const svgAttributes =
  'd x y x1 y1 x2 y2 cx cy r rx ry dx dy width height viewBox points transform fill fill-opacity fill-rule stroke stroke-width stroke-opacity stroke-dasharray stroke-linecap stroke-linejoin stroke-miterlimit opacity text-anchor dominant-baseline font-size font-family font-weight font-style offset stop-color stop-opacity gradientUnits gradientTransform clip-rule preserveAspectRatio role aria-label aria-hidden';
const mathAttributes =
  'display xmlns mathvariant stretchy fence separator form lspace rspace accent accentunder linethickness columnalign rowspacing columnspacing displaystyle scriptlevel encoding notation width height depth';

const list = (text: string) => text.split(' ');

/** A class of the page's own could cover it or look like a control, so these are all that prose can name. */
const proseClasses = [
  'lead',
  'small',
  'center',
  'number',
  'dataframe',
  'callout',
  'callout-title',
  ...['note', 'tip', 'warning', 'caution', 'important'].map((kind) => `callout-${kind}`),
  'task-list',
];

/** Pictures inside the page only: these data types cannot run anything, SVG inside <img> included. */
const pictureUrl = /^data:image\/(?:png|jpeg|gif|webp|svg\+xml)(?:;[\w=-]+)*[;,]/i;

/** Ids that the page itself uses, by name and by their beginnings. */
export const reservedIds = [
  'main',
  'contents',
  'top',
  'provenance',
  'references',
  'notes',
  'title',
  'abstract',
  'chart-data',
];

function isOwnId(id: string): boolean {
  return reservedIds.includes(id) || /^(?:fig|tbl|eq|sec|note|ref|code|output|chart)-?/.test(id);
}

export interface SanitizeOptions {
  /** 'prose' is what the author of the notebook wrote; 'output' is what a program printed. */
  readonly from: 'prose' | 'output';
  /** Address (`data:`) of a picture that is named by path; null if there is none. */
  readonly picture?: (source: string) => string | null;
}

/** The boxes of Jupyter's own style, which many write by hand. */
const alerts: Record<string, string> = {
  'alert-info': 'callout callout-note',
  'alert-success': 'callout callout-tip',
  'alert-warning': 'callout callout-warning',
  'alert-danger': 'callout callout-important',
};

/** The harmless part of some HTML. */
export function sanitize(source: string, { from, picture }: SanitizeOptions): string {
  if (isPlain(source)) return source.replace(/&quot;/g, '"');
  return clean(shallowPart(source), from, picture);
}

function clean(
  source: string,
  from: SanitizeOptions['from'],
  picture: SanitizeOptions['picture'],
): string {
  const rules = rulesFor[from];
  if (!picture) return sanitizeHtml(source, rules);
  const transformTags = {
    ...rules.transformTags,
    img: (tag: string, given: Attributes) => pictureTag(tag, given, picture),
  };
  return sanitizeHtml(source, { ...rules, transformTags });
}

/** Elements that need no end tag; they are not within each other. */
const endless = new Set(
  'p li dt dd tr td th thead tbody tfoot colgroup option area base br col embed hr img input link meta param source track wbr'.split(
    ' ',
  ),
);

/** Elements within each other beyond this depth are left out: parsing takes time with the square of it. */
const maximumDepth = 500;

export function shallowPart(source: string): string {
  let depth = 0;
  for (const { index, 1: end, 2: name } of source.matchAll(/<(\/?)([a-z][a-z\d]{0,20})/gi)) {
    if (endless.has(name!.toLowerCase())) continue;
    depth = end ? Math.max(0, depth - 1) : depth + 1;
    if (depth > maximumDepth) return source.slice(0, index);
  }
  return source;
}

/** Tags without attributes that can do nothing; most prose has no others. */
const plainTags = new Set(
  'p em strong b i code pre ul ol li blockquote h1 h2 h3 h4 h5 h6 s del ins sup sub'.split(' '),
);

/** Whether a text has only such tags, each closed where it should be, so that it is as it would come out. */
function isPlain(source: string): boolean {
  const open: string[] = [];
  for (const [, end, name] of source.matchAll(/<(?:(\/?)([a-z][a-z\d]{0,9})>)?/g)) {
    if (name === 'br' || name === 'hr') {
      if (end) return false;
    } else if (name === undefined || !plainTags.has(name)) return false;
    else if (end) {
      if (open.pop() !== name) return false;
    } else if (open.push(name) > 20) return false;
  }
  return open.length === 0;
}

type Attributes = Record<string, string>;

/** Of every element; those of drawings and formulas mean nothing elsewhere. */
const attributes = list(
  `title lang dir style align valign class role ${svgAttributes} ${svgAttributes.toLowerCase()} ${mathAttributes}`,
);

const attributesOf: Record<string, sanitizeHtml.AllowedAttribute[]> = {
  a: ['href', 'id'],
  img: ['src', 'alt', 'width', 'height'],
  ol: ['start', 'type', 'reversed'],
  li: ['value'],
  th: ['colspan', 'rowspan', 'scope', 'abbr'],
  td: ['colspan', 'rowspan'],
  col: ['span'],
  colgroup: ['span'],
  details: ['open'],
  time: ['datetime'],
  data: ['value'],
  input: [{ name: 'type', values: ['checkbox'] }, 'checked', 'disabled'],
  font: ['color'],
};

function pictureTag(tag: string, given: Attributes, picture: (source: string) => string | null) {
  const source = given.src ?? '';
  const address = pictureUrl.test(source) ? checkedPicture(source) : picture(source);
  const { src: _, ...rest } = given;
  return { tagName: tag, attribs: address === null ? rest : { ...rest, src: address } };
}

const rulesFor = { prose: rules('prose'), output: rules('output') };

function rules(from: SanitizeOptions['from']): sanitizeHtml.IOptions {
  return {
    allowedTags: list(
      [
        blocks,
        headings,
        inline,
        tables,
        mathml,
        svg,
        svg.toLowerCase(),
        from === 'prose' ? 'img input' : 'img',
      ].join(' '),
    ),
    nonTextTags: list(
      'script style title desc textarea option noscript template iframe object title-bar xmp noembed noframes',
    ),
    allowedAttributes: {
      ...attributesOf,
      '*': from === 'prose' ? [...attributes, 'id'] : attributes,
    },
    allowedClasses: {
      '*': from === 'prose' ? proseClasses : ['dataframe', 'number'],
    } as unknown as Record<string, string[]>,
    allowedStyles: { '*': styles },
    allowedSchemes: ['http', 'https', 'mailto'],
    allowedSchemesByTag: { img: ['data'] },
    allowProtocolRelative: false,
    nestingLimit: 200,
    parser: { lowerCaseTags: true, lowerCaseAttributeNames: false },
    transformTags: {
      // Drawings may be filled with what an address points at; and an id of the page's own would stand in for it.
      '*': (tag, given) => ({
        tagName: tag,
        attribs: Object.fromEntries(
          Object.entries(given).filter(([name, value]) =>
            name === 'id' ? !isOwnId(value) : name === 'style' || !/url\s*\(/i.test(value),
          ),
        ),
      }),
      a: (tag, given) => {
        const safe = { ...given };
        if (from === 'output') delete safe.id;
        if (from === 'output' && safe.href?.startsWith('#')) delete safe.href;
        // A relative path means nothing once the report is sent elsewhere, and file: would reach into the reader's disk.
        if (safe.href && !/^(?:#|https?:|mailto:)/i.test(safe.href)) delete safe.href;
        return { tagName: tag, attribs: safe };
      },
      img: (tag, given) => pictureTag(tag, given, () => null),
      div: (tag, given) => {
        const kind = (given.class ?? '').split(/\s+/).find((name) => Object.hasOwn(alerts, name));
        return { tagName: tag, attribs: kind ? { ...given, class: alerts[kind]! } : given };
      },
      input: (tag, given) => ({
        tagName: tag,
        attribs: {
          type: 'checkbox',
          disabled: '',
          'aria-label': 'checked' in given ? 'done' : 'to do',
          ...('checked' in given ? { checked: '' } : {}),
        },
      }),
    },
    exclusiveFilter: (frame) =>
      (frame.tag === 'img' && !pictureUrl.test(frame.attribs.src ?? '')) ||
      (frame.tag === 'input' && from === 'output'),
  };
}

/** A picture inside its address, if it is what it says and not too large to be shown. */
function checkedPicture(address: string): string | null {
  const found = /^data:image\/(png|jpeg|gif|webp|svg\+xml)([^,]{0,100}),/i.exec(address);
  if (!found) return null;
  const kind = found[1]!.toLowerCase() as PictureKind;
  const content = address.slice(found[0].length);
  let bytes: Buffer;
  try {
    bytes = /;\s*base64$/i.test(found[2]!)
      ? Buffer.from(content, 'base64')
      : Buffer.from(decodeURIComponent(content));
  } catch {
    return null;
  }
  const made = makePicture(kind, bytes);
  return 'problem' in made ? null : `data:${made.mime};base64,${made.data}`;
}

/** The text of some HTML without its markup. */
export function plainText(markup: string): string {
  return sanitizeHtml(markup.replace(/<annotation\b[\s\S]*?<\/annotation>/g, ''), {
    allowedTags: [],
    allowedAttributes: {},
    textFilter: (text) =>
      text
        .replace(/&lt;/g, '<')
        .replace(/&gt;/g, '>')
        .replace(/&quot;/g, '"')
        .replace(/&amp;/g, '&'),
  })
    .replace(/\s+/g, ' ')
    .trim();
}
