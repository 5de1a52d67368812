// Document → the page that the PDF is printed from: the text as it is on screen, without scripts, with contents that name
// page numbers.
import { type Document, type Figure, type Section, walk } from './document.js';
import type { Drawings } from './drawing.js';
import { html, type Markup } from './markup.js';
import { contentsOf, page, type PageOptions, renderBody, subsections } from './page.js';
import { paperCss } from './print-style.js';
import { pageCss } from './style.js';

/** The report as a page for the printer: page numbers of the contents come from an earlier print, by id. */
export async function renderPaper(
  document: Document,
  drawings: Drawings,
  { provenance }: PageOptions,
  pageNumbers: ReadonlyMap<string, number>,
): Promise<string> {
  const contents = paperContents(document, pageNumbers);
  const body = await renderBody(document, drawings, provenance, 'paper', contents);
  const author = document.authors.map(({ name }) => name).join(', ');
  return page(document, body, `${pageCss}\n${paperCss(document.title.text, author)}`, []);
}

function paperContents(document: Document, pageNumbers: ReadonlyMap<string, number>): Markup {
  const line = (id: string, number: string | null, text: string) =>
    html`<a href="#${id}">${number && html`<span class="number">${number}</span>`}<span class="what">${text}</span><span class="dots"></span><span class="page">${pageNumbers.get(id) ?? ''}</span></a>`;
  const entry = (section: Section): Markup =>
    html`<li>${line(section.id, section.number, section.title.text)}${
      subsections(section).length > 0 && html`<ol>${subsections(section).map(entry)}</ol>`
    }</li>`;
  const sections = contentsOf(document);
  const figures = [...walk(document.blocks)].filter(
    (block): block is Figure => block.kind === 'figure' && block.number !== null,
  );
  if (sections.length === 0) return html``;
  return html`<nav class="paper-contents" aria-label="Contents"><h2>Contents</h2>
<ol>${sections.map(entry)}</ol>
${
  figures.length > 0 &&
  html`<h2>Figures</h2><ol>${figures.map(
    (figure) =>
      html`<li>${line(figure.id, String(figure.number), firstSentence(figure.caption?.text ?? figure.alt))}</li>`,
  )}</ol>`
}</nav>`;
}

function firstSentence(text: string): string {
  const sentence = /^.{10,}?[.!?](?=\s|$)/.exec(text)?.[0].replace(/\.$/, '') ?? text;
  return sentence.length > 90 ? `${sentence.slice(0, 88).replace(/\s+\S*$/, '')} …` : sentence;
}
