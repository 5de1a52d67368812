// The page that lists the reports of a book, with what each chapter found.
import type { Result, ScalarResult, TableResult } from '../notebook/results.js';
import { html, type Markup, trusted } from './markup.js';
import { plainPage } from './plain-page.js';
import { numberHtml, valueHtml } from './read/results.js';

export interface IndexEntry {
  readonly title: string;
  readonly description: string | null;
  /** Paths relative to the page. */
  readonly files: readonly { readonly format: string; readonly path: string }[];
  /** Results that its author marked as headlines. */
  readonly headlines: readonly Result[];
}

const indexCss = `
.chapters{list-style:none;padding:0;counter-reset:chapter}
.chapters li{border-top:1px solid var(--rule);padding:1.1em 0;margin:0}
.chapters h2{margin:0 0 .2em;font-size:1.15rem}
.chapters h2 a{text-decoration:none}
.chapters p{margin:0 0 .3em;color:var(--quiet)}
.chapters .ui{font-size:.78rem}
.chapters .finding{color:inherit;margin:.5em 0}
.chapters details{margin:.5em 0}
.chapters summary{font-size:.78rem}
.chapters .scroll{margin:.6em 0 1em}
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
${entry.headlines.map((result) => result.kind === 'value' && finding(result))}${entry.headlines.map((result) => result.kind === 'table' && foldedTable(result))}<p class="ui">${links(entry.files, entry.title)}</p></li>
`;
  })}</ol>
</main>`;
  return plainPage({ title, language, body, css: indexCss });
}

/** A sentence stands for itself; a number needs its name. */
function finding(result: ScalarResult): Markup {
  return typeof result.value === 'string'
    ? html`<p class="finding">${result.value}</p>
`
    : html`<p class="finding">${result.title ?? result.name}: ${trusted(valueHtml(result))}</p>
`;
}

function foldedTable({ title, name, columns, rows }: TableResult): Markup {
  const isNumeric = columns.map((_, c) =>
    rows.every((row) => row[c] === null || typeof row[c] === 'number'),
  );
  const align = (c: number) => isNumeric[c] && html` class="number"`;
  return html`<details><summary>${title ?? name}</summary><div class="scroll" tabindex="0" role="region" aria-label="${title ?? name}"><table>
<thead><tr>${columns.map((column, c) => html`<th scope="col"${align(c)}>${column.title}${column.unit && ` (${column.unit})`}</th>`)}</tr></thead>
<tbody>${rows.map(
    (
      row,
    ) => html`<tr>${row.map((value, c) => html`<td${align(c)}>${typeof value === 'number' ? trusted(numberHtml(value, columns[c]!.digits)) : value === null ? '–' : String(value)}</td>`)}</tr>
`,
  )}</tbody>
</table></div></details>
`;
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
