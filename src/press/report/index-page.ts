// The page that lists the reports of a book.
import { html, type Markup } from './markup.js';
import { plainPage } from './plain-page.js';

export interface IndexEntry {
  readonly title: string;
  readonly description: string | null;
  /** Paths relative to the page. */
  readonly files: readonly { readonly format: string; readonly path: string }[];
}

const indexCss = `
.chapters{list-style:none;padding:0;counter-reset:chapter}
.chapters li{border-top:1px solid var(--rule);padding:1.1em 0;margin:0}
.chapters h2{margin:0 0 .2em;font-size:1.15rem}
.chapters h2 a{text-decoration:none}
.chapters p{margin:0 0 .3em;color:var(--quiet)}
.chapters .ui{font-size:.78rem}
@media screen{body>main{margin:0 auto;padding:4rem 1.2rem}}
`;

/** HTML of the index of a book. */
export function indexPage(
  entries: readonly IndexEntry[],
  {
    title,
    language = 'en',
    note = null,
    whole = [],
  }: {
    title: string;
    language?: string;
    note?: string | null;
    /** The book in one file. */
    whole?: IndexEntry['files'];
  },
): string {
  const body = html`<main id="main">
<header class="title-block"><h1>${title}</h1>${note && html`<p class="subtitle">${note}</p>`}${whole.length > 0 && html`<p class="ui">The whole book: ${links(whole, title)}</p>`}</header>
<ol class="chapters">${entries.map((entry) => {
    const main = entry.files.find((file) => file.format === 'html') ?? entry.files[0];
    return html`<li><h2>${main ? html`<a href="${address(main.path)}">${entry.title}</a>` : entry.title}</h2>
${entry.description && html`<p>${entry.description}</p>`}
<p class="ui">${links(entry.files, entry.title)}</p></li>
`;
  })}</ol>
</main>`;
  return plainPage({ title, language, body, css: indexCss });
}

function links(files: IndexEntry['files'], title: string): Markup[] {
  return files.map((file, index) => {
    const format = file.format.toUpperCase();
    return html`${index > 0 && ' · '}<a href="${address(file.path)}" aria-label="${title}, ${format}">${format}</a>`;
  });
}

function address(path: string): string {
  return path.split(/[\\/]/).map(encodeURIComponent).join('/');
}
