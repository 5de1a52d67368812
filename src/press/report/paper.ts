// Document → the page that the PDF is printed from: the text as it is on screen, without scripts, with contents that name
// page numbers. Where a page number belongs there is an element with `data-page-of`, which is filled in when the pages
// are laid out (paper-layout.ts).
import { type Document, type Figure, type Section, type Table, walk } from './document.js';
import type { Drawings } from './drawing.js';
import { html, type Markup } from './markup.js';
import { contentsOf, page, type PageOptions, renderArticle, subsections } from './page.js';
import { paperCss } from './print-style.js';
import type { Provenance } from './provenance.js';
import { pageCss } from './style.js';

/** The report as a page for the printer. */
export async function renderPaper(
  document: Document,
  drawings: Drawings,
  { provenance }: PageOptions,
): Promise<string> {
  const front = html`${provenance && madeLine(provenance)}${paperContents(document)}`;
  const article = await renderArticle(document, drawings, provenance, 'paper', front);
  const body = html`<main id="main">${article}</main>`;
  return page(document, body, `${pageCss}\n${paperCss}`, []);
}

/** Under the title: from what it was made. The rest stands at the end. */
function madeLine({ commit, dirty, versions, records }: Provenance): Markup {
  const parts = [
    versions.fathom ? `Fathom ${versions.fathom}` : null,
    commit ? `commit ${commit.slice(0, 12)}${dirty ? ' with local changes' : ''}` : null,
    records.length > 0 ? `${records.length} run records` : null,
  ].filter((part) => part !== null);
  return html`<p class="made">${parts.join(' · ')}${parts.length > 0 && ' · '}<a href="#provenance">how this report was made: page <span data-page-of="provenance"></span></a></p>`;
}

function contentsLine(id: string, number: string | null, text: string): Markup {
  return html`<a href="#${id}">${number && html`<span class="number">${number}</span>`}<span class="what">${text}</span><span class="dots"></span><span class="page" data-page-of="${id}"></span></a>`;
}

function paperContents(document: Document): Markup {
  const entry = (section: Section): Markup =>
    html`<li>${contentsLine(section.id, section.number, section.title.text)}${
      subsections(section).length > 0 && html`<ol>${subsections(section).map(entry)}</ol>`
    }</li>`;
  const sections = contentsOf(document);
  if (sections.length === 0) return html``;
  const end = [
    document.footnotes.length > 0 && html`<li>${contentsLine('notes', null, 'Notes')}</li>`,
    document.bibliography.length > 0 &&
      html`<li>${contentsLine('references', null, 'References')}</li>`,
  ];
  return html`<nav class="paper-contents" aria-label="Contents"><h2>Contents</h2>
<ol>${sections.map(entry)}${end}</ol>
${listOf('Figures', document, 'figure')}
${listOf('Tables', document, 'table')}</nav>`;
}

/** List of figures or of tables, with their captions as far as one sentence. */
function listOf(title: string, document: Document, kind: 'figure' | 'table'): Markup {
  const blocks = [...walk(document.blocks)].filter(
    (block): block is Figure | Table => block.kind === kind && block.number !== null,
  );
  if (blocks.length === 0) return html``;
  return html`<h2>${title}</h2><ol>${blocks.map((block) => {
    const text = block.caption?.text ?? (block.kind === 'figure' ? block.alt : '');
    return html`<li>${contentsLine(block.id, String(block.number), firstSentence(text))}</li>`;
  })}</ol>`;
}

function firstSentence(text: string): string {
  const sentence = /^.{10,}?[.!?](?=\s|$)/.exec(text)?.[0].replace(/\.$/, '') ?? text;
  return sentence.length > 90 ? `${sentence.slice(0, 88).replace(/\s+\S*$/, '')} …` : sentence;
}
