// Documents → the page that a PDF is printed from: the text as it is on screen, without scripts, with contents that name
// page numbers. One document makes a report of its own, several make a book. Where a page number belongs there is an
// element with `data-page-of`, which is filled in when the pages are laid out (paper-layout.ts).
import { type Document, type Figure, type Section, type Table, walk } from './document.js';
import type { Drawings } from './drawing.js';
import { lineMarkCss } from './fonts.js';
import { escapeHtml, html, type Markup, trusted } from './markup.js';
import {
  type About,
  contentsOf,
  page,
  type PageOptions,
  renderArticle,
  subsections,
} from './page.js';
import { paperCss } from './print-style.js';
import type { Provenance } from './provenance.js';
import { pageCss } from './style.js';

/** A document and its charts, ready to be printed. */
export interface PaperChapter {
  readonly document: Document;
  readonly drawings: Drawings;
  readonly provenance: Provenance | null;
}

/** What a book says of itself. */
export interface BookTitle {
  readonly title: string;
  readonly authors: readonly { readonly name: string; readonly affiliation?: string | undefined }[];
  readonly language: string;
  /** A line below the title, such as the profile it was built in. */
  readonly note: string | null;
}

/** What is printed, and what the heads of its pages and the PDF as a file say of it. */
export interface Paper {
  readonly about: About;
  readonly markup: string;
  /** In reading order: where the words of the heads change. */
  readonly marks: readonly { readonly id: string; readonly left: string; readonly right: string }[];
  /** Ids of what begins on a page without a head. */
  readonly bare: readonly string[];
}

/** A report of its own: title, contents, text. */
export async function paperOf(
  chapter: PaperChapter,
  onMissing?: PageOptions['onMissing'],
): Promise<Paper> {
  const { document, drawings, provenance } = chapter;
  const front = html`${provenance && madeLine(provenance)}${paperContents([chapter], false)}`;
  const article = await renderArticle(document, drawings, provenance, 'paper', front);
  const body = html`<main id="main">${trusted(withoutWaysOut(article.text))}</main>`;
  return {
    about: document,
    markup: page(document, body, { css: paperStyle(body), isPaper: true, onMissing }),
    marks: marksOf(document, document.title.text),
    bare: [],
  };
}

/** A book: a title page, contents over all chapters, and each chapter on a new page. */
export async function paperOfBook(
  book: BookTitle,
  chapters: readonly PaperChapter[],
  onMissing?: PageOptions['onMissing'],
): Promise<Paper> {
  const articles = await Promise.all(
    chapters.map(async ({ document, drawings, provenance }) => {
      const article = await renderArticle(document, drawings, provenance, 'paper');
      return trusted(inChapter(withoutWaysOut(article.text), document));
    }),
  );
  const commit = chapters.find(({ provenance }) => provenance)?.provenance ?? null;
  const front = html`<div class="title-page"><h1>${book.title}</h1>
${book.note && html`<p class="subtitle">${book.note}</p>`}
<p class="byline">${book.authors.map(
    ({ name, affiliation }, index) =>
      html`${index > 0 && ', '}<strong>${name}</strong>${affiliation && html` (${affiliation})`}`,
  )}</p>
${commit && html`<p class="made">${madeOf(commit).join(' · ')}</p>`}</div>`;
  const body = html`<main id="main" class="book">${front}${paperContents(chapters, true)}${articles}</main>`;
  const about: About = {
    title: { html: escapeHtml(book.title), text: book.title },
    authors: book.authors.map(({ name, affiliation = null }) => ({ name, affiliation })),
    language: book.language,
    description: book.note,
    keywords: [],
  };
  return {
    about,
    markup: page(about, body, { css: paperStyle(body), isPaper: true, onMissing }),
    marks: [
      { id: 'paper-contents', left: book.title, right: 'Contents' },
      ...chapters.flatMap(({ document }) =>
        marksOf(document, `${document.chapter}\u2002${document.title.text}`, idIn(document)),
      ),
    ],
    bare: chapters.map(({ document }) => idIn(document)('title')),
  };
}

function paperStyle(body: Markup): string {
  const mark = body.text.includes('class="line"') ? lineMarkCss() : '';
  return [mark, pageCss, paperCss].join('\n');
}

/** Links to files beside the page are for the screen; a printer would make addresses on this machine of them. */
function withoutWaysOut(markup: string): string {
  return markup.replace(/(<a\b[^>]*?) href="(?!#|https?:|mailto:)[^"]*"/gi, '$1');
}

// Ids: a chapter of a book has its own

/** The id that something of this document has in print. */
export function idIn({ chapter }: Pick<Document, 'chapter'>): (id: string) => string {
  return (id) => (chapter === null ? id : `ch${chapter}.${id}`);
}

/** Ids of a chapter and references to them, made different from those of other chapters; links to these stay. */
function inChapter(markup: string, document: Document): string {
  const rename = idIn(document);
  const own = (id: string) => (/^ch\d+\./.test(id) ? id : rename(id));
  return markup.replace(/<[a-z][^>]*>/gi, (tag) =>
    tag
      .replace(
        / (id|href|data-page-of|aria-labelledby|aria-describedby|headers|for|xlink:href)="(#?)([^"]*)"/g,
        (all, name: string, hash: string, ids: string) =>
          /href$/.test(name) && hash === ''
            ? all
            : ` ${name}="${hash}${ids.split(' ').map(own).join(' ')}"`,
      )
      .replace(/url\(#([^)]*)\)/g, (_, id: string) => `url(#${own(id)})`),
  );
}

// Heads

function marksOf(
  document: Document,
  left: string,
  rename: (id: string) => string = (id) => id,
): Paper['marks'] {
  const sections = contentsOf(document).map(({ id, number, title }) => ({
    id,
    right: number ? `${number}\u2002${title.text}` : title.text,
  }));
  const end = [
    { id: 'notes', right: 'Notes' },
    { id: 'references', right: 'References' },
    { id: 'provenance', right: 'How this report was made' },
  ];
  return [{ id: 'title', right: '' }, ...sections, ...end].map(({ id, right }) => ({
    id: rename(id),
    left,
    right,
  }));
}

// Title and contents

function madeOf({ commit, dirty, versions, records }: Provenance): string[] {
  return [
    versions.fathom ? `Fathom ${versions.fathom}` : '',
    commit ? `commit ${commit.slice(0, 12)}${dirty ? ' with local changes' : ''}` : '',
    records.length > 0 ? `${records.length} run records` : '',
  ].filter((part) => part !== '');
}

/** Under the title: from what it was made. The rest stands at the end. */
function madeLine(provenance: Provenance): Markup {
  const parts = madeOf(provenance);
  return html`<p class="made">${parts.join(' · ')}${parts.length > 0 && ' · '}<a href="#provenance">how this report was made: page <span data-page-of="provenance"></span></a></p>`;
}

function contentsLine(id: string, number: string | null, text: string): Markup {
  return html`<a href="#${id}">${number && html`<span class="number">${number}</span>`}<span class="what">${text}</span><span class="dots"></span><span class="page" data-page-of="${id}"></span></a>`;
}

function paperContents(chapters: readonly PaperChapter[], isBook: boolean): Markup {
  const entries = chapters.map(({ document }) => {
    const rename = idIn(document);
    const entry = (section: Section): Markup =>
      html`<li>${contentsLine(rename(section.id), section.number, section.title.text)}${
        subsections(section).length > 0 && html`<ol>${subsections(section).map(entry)}</ol>`
      }</li>`;
    const sections = contentsOf(document);
    const inner = html`${sections.map(entry)}${
      document.footnotes.length > 0 &&
      html`<li>${contentsLine(rename('notes'), null, 'Notes')}</li>`
    }${
      document.bibliography.length > 0 &&
      html`<li>${contentsLine(rename('references'), null, 'References')}</li>`
    }`;
    return isBook
      ? html`<li class="chapter">${contentsLine(rename('title'), String(document.chapter), document.title.text)}<ol>${inner}</ol></li>`
      : inner;
  });
  if (entries.every((entry) => entry.text === '')) return html``;
  return html`<nav class="paper-contents" aria-label="Contents"><h2 id="paper-contents">Contents</h2>
<ol>${entries}</ol>
${listOf('Figures', chapters, 'figure')}
${listOf('Tables', chapters, 'table')}</nav>`;
}

/** List of figures or of tables, with their captions as far as one sentence. */
function listOf(
  title: string,
  chapters: readonly PaperChapter[],
  kind: 'figure' | 'table',
): Markup {
  const lines = chapters.flatMap(({ document }) =>
    [...walk(document.blocks)]
      .filter((block): block is Figure | Table => block.kind === kind && block.number !== null)
      .map((block) => {
        const text = block.caption?.text ?? (block.kind === 'figure' ? block.alt : '');
        const number = document.chapter === null ? '' : `${document.chapter}.`;
        return html`<li>${contentsLine(idIn(document)(block.id), `${number}${block.number}`, firstSentence(text))}</li>`;
      }),
  );
  return lines.length === 0 ? html`` : html`<h2>${title}</h2><ol>${lines}</ol>`;
}

function firstSentence(text: string): string {
  const sentence = /^.{10,}?[.!?](?=\s|$)/.exec(text)?.[0].replace(/\.$/, '') ?? text;
  return sentence.length > 90 ? `${sentence.slice(0, 88).replace(/\s+\S*$/, '')} …` : sentence;
}
