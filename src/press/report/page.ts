// Document → one HTML file that needs nothing else: style, fonts, scripts and pictures are inside, and a content
// security policy forbids everything that is not. The same markup, without scripts, is what the PDF is printed from.
import { createHash } from 'node:crypto';
import type { Drawing } from './chart.js';
import type { DataTable } from './chart-table.js';
import type { Block, Code, Document, Figure, Section, Table } from './document.js';
import type { Drawings } from './drawing.js';
import { embedFonts } from './fonts/embed.js';
import { colourCode } from './highlight.js';
import { html, type Markup, scriptJson, trusted } from './markup.js';
import { chartData, clientScript } from './page-scripts.js';
import { type Provenance, provenanceLines } from './provenance.js';
import { pageCss } from './style.js';
import { vegaBundle } from './vega-bundle.js';

export interface PageOptions {
  readonly provenance: Provenance | null;
  /** Is told the characters that no font has. */
  readonly onMissing?: (characters: readonly string[]) => void;
}

/** The report as a page for the screen, charts live. */
export async function renderHtml(
  document: Document,
  drawings: Drawings,
  { provenance, onMissing }: PageOptions = { provenance: null },
): Promise<string> {
  const article = await renderArticle(document, drawings, provenance, 'screen');
  const live = chartData(document, drawings);
  const scripts = [...(live ? [vegaBundle()] : []), clientScript()];
  const content = html`<a class="skip" href="#main">Skip to the text</a>
<div class="layout">
<div class="bar ui"></div>
${contentsList(document)}
<main id="main">
${article}
</main>
</div>
${live && html`<script type="application/json" id="chart-data">${scriptJson(live)}</script>`}`;
  return page(document, content, { css: pageCss, scripts, onMissing });
}

/** What a page says of itself. */
export type About = Pick<Document, 'title' | 'authors' | 'language' | 'description' | 'keywords'>;

export interface PageParts {
  readonly css: string;
  readonly scripts?: readonly string[];
  /** To be printed here and now, with the fonts of this machine. */
  readonly isPaper?: boolean;
  readonly onMissing?: PageOptions['onMissing'] | undefined;
}

/** The whole file around what stands in its body. */
export function page(
  about: About,
  body: Markup,
  { css, scripts = [], isPaper = false, onMissing }: PageParts,
): string {
  const fonts = embedFonts(body.text, css, { language: about.language, spell: isPaper });
  if (fonts.missing.length > 0) onMissing?.(fonts.missing);
  const { css: style, markup: text } = fonts;
  const policy = [
    `default-src 'none'`,
    `style-src-elem '${hash(style)}'`,
    // Formulas and drawings place their parts with style attributes; what authors write was filtered before.
    `style-src-attr 'unsafe-inline'`,
    `img-src data:`,
    `font-src data:`,
    scripts.length > 0
      ? `script-src ${scripts.map((script) => `'${hash(script)}'`).join(' ')}`
      : '',
    `base-uri 'none'`,
    `form-action 'none'`,
  ];
  const authors = about.authors.map(({ name }) => name).join(', ');
  return html`<!doctype html>
<html lang="${about.language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${trusted(policy.filter((part) => part !== '').join('; '))}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${about.title.text}</title>
${about.description && html`<meta name="description" content="${about.description}">`}
${authors !== '' && html`<meta name="author" content="${authors}">`}
${about.keywords.length > 0 && html`<meta name="keywords" content="${about.keywords.join(', ')}">`}
<meta name="generator" content="fathom">
<style>${trusted(style)}</style>
</head>
<body>
${trusted(text)}
${scripts.map((script) => html`<script>${trusted(script)}</script>`)}
</body>
</html>
`.text;
}

function hash(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

// The text

type Medium = 'screen' | 'paper';

interface Ink {
  readonly drawings: Drawings;
  /** Code as HTML, by id of its block. */
  readonly code: ReadonlyMap<string, string>;
  readonly medium: Medium;
  /** In a book, what its numbers start with: '2.'; else ''. */
  readonly chapter: string;
}

/** The text, from its title to how it was made; `front` stands between the title and the first section. */
export async function renderArticle(
  document: Document,
  drawings: Drawings,
  provenance: Provenance | null,
  medium: Medium,
  front: Markup | null = null,
): Promise<Markup> {
  const chapter = document.chapter === null ? '' : `${document.chapter}.`;
  const ink: Ink = { drawings, medium, code: await colourCode(document), chapter };
  return html`<article>
${titleBlock(document)}
${front}
${document.blocks.map((block) => renderBlock(block, ink))}
${
  document.footnotes.length > 0 &&
  html`<section class="end notes" aria-labelledby="notes"><h2 id="notes">Notes</h2>
<ol>${document.footnotes.map(
    (note) => html`<li id="${note.id}">${withBackLinks(note.html, note.from)}</li>
`,
  )}</ol></section>`
}
${
  document.bibliography.length > 0 &&
  html`<section class="end" aria-labelledby="references"><h2 id="references">References</h2>
<ul class="bibliography">${document.bibliography.map(
    (entry) => html`<li id="${entry.id}">${trusted(entry.html)}</li>
`,
  )}</ul></section>`
}
${provenance && provenanceBlock(provenance)}
</article>`;
}

function titleBlock(document: Document): Markup {
  const { title, subtitle, authors, date, abstract, chapter } = document;
  const byline = [
    authors.map(
      ({ name, affiliation }, index) =>
        html`${index > 0 && ', '}<strong>${name}</strong>${affiliation && html` (${affiliation})`}`,
    ),
    date && html`${authors.length > 0 && ' · '}<time>${date}</time>`,
  ];
  return html`<header class="title-block">
<h1 id="title">${chapter !== null && html`<span class="number">${chapter}</span> `}${trusted(title.html)}</h1>
${subtitle && html`<p class="subtitle">${subtitle}</p>`}
${(authors.length > 0 || date) && html`<p class="byline">${byline}</p>`}
${abstract && html`<div class="abstract"><h2 id="abstract">Abstract</h2>${trusted(abstract)}</div>`}
</header>`;
}

function withBackLinks(note: string, from: readonly string[]): Markup {
  const links = from
    .map(
      (id, index) =>
        ` <a href="#${id}" aria-label="Back to the text${from.length > 1 ? `, place ${index + 1}` : ''}">↑</a>`,
    )
    .join('');
  return trusted(note.endsWith('</p>') ? `${note.slice(0, -4)}${links}</p>` : note + links);
}

function renderBlock(block: Block, ink: Ink): Markup {
  switch (block.kind) {
    case 'section':
      return renderSection(block, ink);
    case 'prose':
      return html`<div class="prose">${trusted(block.html)}</div>
`;
    case 'code':
      return renderCode(block, ink);
    case 'figure':
      return renderFigure(block, ink);
    case 'table':
      return renderTable(block, ink);
    case 'equation':
      return html`<div class="equation" id="${block.id}"><div class="formula" ${scrollable(ink)}>${trusted(block.html)}</div>${
        block.number !== null && html`<span class="number">(${ink.chapter}${block.number})</span>`
      }</div>
`;
    case 'output':
      return html`<div class="output ${columnClass(block.column)}" id="${block.id}">${
        block.content.kind === 'text'
          ? html`<pre class="${block.content.stream}" ${scrollable(ink)}>${trusted(block.content.html)}</pre>`
          : html`<div class="scroll" ${scrollable(ink)}>${trusted(block.content.html)}</div>`
      }</div>
`;
    case 'fold':
      if (ink.medium === 'paper') return html``;
      return html`<details class="fold"><summary>${block.summary}</summary>
${block.blocks.map((inner) => renderBlock(inner, ink))}</details>
`;
  }
}

/** What may scroll sideways must be reachable by keyboard. */
function scrollable(ink: Ink): Markup {
  return ink.medium === 'screen' ? trusted('tabindex="0"') : trusted('');
}

function columnClass(column: string): string {
  return column === 'body' ? '' : `column-${column}`;
}

function renderSection(section: Section, ink: Ink): Markup {
  const tag = trusted(`h${Math.min(6, section.level + 1)}`);
  return html`<section aria-labelledby="${section.id}">
<${tag} id="${section.id}">${section.number && html`<span class="number">${section.number}</span> `}${trusted(section.title.html)}${
    ink.medium === 'screen' &&
    html`<a class="anchor" href="#${section.id}" aria-label="Link to this section">#</a>`
  }</${tag}>
${section.blocks.map((block) => renderBlock(block, ink))}
</section>
`;
}

function renderCode(block: Code, ink: Ink): Markup {
  // What the author folded away is not for paper; it stands in the page and in the notebook.
  if (ink.medium === 'paper' && block.fold === 'closed') return html``;
  const lines = ink.code.get(block.id)!;
  const code = html`<pre ${scrollable(ink)}><code>${trusted(ink.medium === 'paper' ? markLines(lines) : lines)}</code></pre>`;
  if (block.fold === 'shown' || ink.medium === 'paper') {
    return html`<div class="code" id="${block.id}">${code}</div>
`;
  }
  return html`<div class="code" id="${block.id}"><details${block.fold === 'open' && trusted(' open')}><summary>${block.summary}</summary>${code}</details></div>
`;
}

/** On paper a line of code that is too long goes on below, and a mark shows that it is the same line. */
function markLines(code: string): string {
  return code
    .split('\n')
    .map((line) => `<span class="line">${line === '' ? '<br>' : line}</span>`)
    .join('');
}

function renderFigure(figure: Figure, ink: Ink): Markup {
  const drawing = ink.drawings.get(figure.id);
  // Chromium makes no link target of what begins left of the text, so on paper the target is around the figure.
  const around = ink.medium === 'paper';
  const open = around
    ? html`<div id="${figure.id}" class="floats"><figure role="group" class="${columnClass(figure.column)}">`
    : html`<figure id="${figure.id}" class="${columnClass(figure.column)}">`;
  return html`${open}
${figure.content.kind === 'chart' ? renderChart(figure, drawing) : renderPicture(figure)}
${caption('figcaption', 'Figure', figure, ink)}
${drawing?.table && ink.medium === 'screen' && dataTable(drawing.table, figure)}
</figure>${around && trusted('</div>')}
`;
}

function renderChart(figure: Figure, drawing: Drawing | undefined): Markup {
  if (!drawing && figure.content.kind === 'chart' && figure.content.fallback) {
    return renderPicture({ ...figure, content: figure.content.fallback });
  }
  if (!drawing) {
    return html`<div class="chart"><p class="unresolved">This chart could not be drawn. ${figure.alt}</p></div>`;
  }
  // White stands for the page; another background is part of the design, and stays in the dark.
  const hasPaper = /^<svg[^>]*><rect\b[^>]*\bfill="(?!none|transparent|white|#fff"|#ffffff")/i.test(
    drawing.svg,
  );
  const keepsText =
    figure.content.kind === 'chart' && hasShadedSquares(figure.content.specification);
  return html`<div class="chart${hasPaper && ' on-paper'}${keepsText && ' keeps-text'}" data-chart="${figure.id}">${trusted(drawing.svg)}</div>`;
}

/** Whether text may stand on squares or sectors that are shaded by their data. */
function hasShadedSquares(specification: unknown): boolean {
  if (typeof specification !== 'object' || specification === null) return false;
  return Object.entries(specification).some(([key, value]) => {
    if (key === 'data' || key === 'datasets' || key === 'values') return false;
    const type =
      key === 'mark' && typeof value === 'object' ? (value as { type?: unknown })?.type : value;
    if ((key === 'mark' || key === 'type') && (type === 'rect' || type === 'arc')) return true;
    return hasShadedSquares(value);
  });
}

/** Pictures this small are data (filters, feature maps): they are enlarged with hard edges. */
const pixelArtBelow = 128;

function renderPicture(figure: Figure): Markup {
  if (figure.content.kind !== 'picture') return html``;
  const { mime, data, width, height } = figure.content;
  const tiny = mime === 'image/png' && width !== null && width < pixelArtBelow;
  const scale = tiny ? Math.max(1, Math.floor(320 / width)) : 1;
  return html`<div class="picture"><img src="data:${mime};base64,${data}" alt="${figure.alt}"${
    tiny && trusted(' class="pixels"')
  }${width !== null && html` width="${width * scale}"`}${height !== null && html` height="${height * scale}"`}></div>`;
}

function caption(
  tag: 'figcaption' | 'div',
  name: string,
  block: Figure | Table,
  { chapter }: Ink,
): Markup | null {
  if (!block.caption && block.number === null) return null;
  const number =
    block.number === null ? null : html`<strong>${name} ${chapter}${block.number}.</strong> `;
  const content = html`${number}${block.caption && trusted(block.caption.html)}`;
  return tag === 'figcaption'
    ? html`<figcaption>${content}</figcaption>`
    : html`<div class="table-caption" id="${block.id}-caption">${content}</div>`;
}

function renderTable(table: Table, ink: Ink): Markup {
  const inner = table.html.includes('class="scroll"')
    ? trusted(table.html)
    : html`<div class="scroll" tabindex="0" role="group" aria-label="Table ${ink.chapter}${table.number}">${trusted(table.html)}</div>`;
  // Paper keeps a table on one page if it can fit there.
  const long = (table.html.match(/<tr\b/g)?.length ?? 0) > 25 ? 'long' : '';
  return html`<div class="table-block ${columnClass(table.column)} ${long}" id="${table.id}">
${caption('div', 'Table', table, ink)}
${inner}
</div>
`;
}

const isPicture = (value: unknown) => typeof value === 'string' && value.startsWith('data:image/');

/** Numbers that a reader can hear; pictures are none, and stand above. */
function dataTable({ columns, rows, total }: DataTable, figure: Figure): Markup | null {
  const name = figure.number === null ? 'this chart' : `Figure ${figure.number}`;
  const more = total - rows.length;
  const shown = columns.flatMap((column, index) =>
    rows.every((row) => isPicture(row[index])) ? [] : [{ ...column, index }],
  );
  if (shown.length === 0) return null;
  return html`<details class="data"><summary>Numbers of ${name}</summary>
<div class="scroll" tabindex="0" role="group" aria-label="Numbers of ${name}"><table><thead><tr>${shown.map(
    (column) =>
      html`<th scope="col"${column.numeric && trusted(' class="number"')}>${column.title}</th>`,
  )}</tr></thead><tbody>${rows.map(
    (row) =>
      html`<tr>${shown.map(({ index }) => {
        const value = row[index];
        return html`<td${typeof value === 'number' && trusted(' class="number"')}>${formatCell(value)}</td>`;
      })}</tr>
`,
  )}</tbody></table>${more > 0 && html`<p>${more} more rows can be saved with the chart as CSV.</p>`}</div></details>`;
}

function formatCell(value: unknown): string {
  if (typeof value === 'number')
    return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
  if (isPicture(value)) return 'picture';
  return value === null || value === undefined ? '–' : String(value);
}

function provenanceBlock(provenance: Provenance): Markup {
  return html`<section class="end provenance" aria-labelledby="provenance"><h2 id="provenance">How this report was made</h2>
<dl>${provenanceLines(provenance).map(
    ({ label, value }) => html`<dt>${label}</dt><dd>${value}</dd>
`,
  )}</dl></section>`;
}

// Contents

/** What the contents list: sections down to the third level, then what stands at the end. */
export function contentsOf(document: Document): Section[] {
  return document.blocks.filter((block): block is Section => block.kind === 'section');
}

export function subsections(section: Section): Section[] {
  return section.level >= 3
    ? []
    : section.blocks.filter((block): block is Section => block.kind === 'section');
}

function contentsList(document: Document): Markup {
  const entry = (section: Section): Markup =>
    html`<li><a href="#${section.id}">${section.number && html`<span class="number">${section.number}</span>`}<span>${section.title.text}</span></a>${
      subsections(section).length > 0 && html`<ol>${subsections(section).map(entry)}</ol>`
    }</li>
`;
  const sections = contentsOf(document);
  const end = [
    document.footnotes.length > 0 && html`<li><a href="#notes">Notes</a></li>`,
    document.bibliography.length > 0 && html`<li><a href="#references">References</a></li>`,
  ];
  if (sections.length === 0) return html`<nav class="contents" aria-label="Contents"></nav>`;
  return html`<nav class="contents" aria-label="Contents" id="contents"><details open><summary>Contents</summary>
<ol>${sections.map(entry)}${end}</ol></details></nav>`;
}
