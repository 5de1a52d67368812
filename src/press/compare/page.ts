// A comparison as one HTML page that needs nothing else, for a reviewer: pictures beside each other, changed lines marked.
// What comes from notebooks is escaped, pictures stand in `img` elements, and nothing else may load or run.
import { ink } from '../../shared/palette.js';
import { html, type Markup, trusted } from '../report/markup.js';
import { plainPage } from '../report/plain-page.js';
import { type ChapterComparison, type Comparison, isChance } from './compare.js';
import type { FigureChange } from './figures.js';
import type { Line } from './lines.js';
import { addressOf, type PictureFile } from './pictures.js';
import type { ResultChange } from './results.js';
import { figureText, lineCount, placeLines, plain, timeText, valueText } from './text.js';

const style = `
body>main{max-width:60rem;margin:0 auto;padding:3rem 1.2rem}
.verdict{font-weight:600}
h2{margin-top:2.5em;border-top:1px solid var(--rule);padding-top:.8em}
h2 small{font-weight:400;color:var(--quiet);margin-left:.6em}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:1rem;margin:.6em 0}
.pair figure{margin:0;background:#fff;border:1px solid var(--rule);padding:.4rem;text-align:center}
.pair figcaption{font-size:.75rem;color:${ink.medium};text-align:left}
.pair img{max-width:100%;height:auto}
.lines{font-size:.72rem;line-height:1.45;white-space:pre-wrap;overflow-wrap:anywhere;border:1px solid var(--rule);padding:.5em .8em}
.lines ins{text-decoration:none;color:var(--tip)}
.lines del{text-decoration:none;color:var(--danger)}
@media(max-width:40rem){.pair{grid-template-columns:1fr}}
`;

/** Rows of a table of changed entries; the others are counted. */
const listedEntries = 50;

export function comparisonPage(comparison: Comparison): string {
  const { before, after, chapters, onlyBefore, onlyAfter } = comparison;
  const only = (names: readonly string[], where: string): Markup | false =>
    names.length > 0 && html`<p>Only ${where}: ${names.join(', ')}.</p>`;
  const body = html`<main id="main">
<h1>Comparison of two builds</h1>
<dl class="ui"><dt>Before</dt><dd>${before}</dd><dt>After</dt><dd>${after}</dd></dl>
<p class="verdict">${comparison.isSame ? 'They are the same.' : 'They differ.'}</p>
${only(onlyBefore, 'before')}${only(onlyAfter, 'after')}
${chapters.map(chapterSection)}
</main>`;
  return plainPage({
    title: 'Comparison of two builds',
    language: 'en',
    body,
    css: style,
    pictures: true,
  });
}

function chapterSection(chapter: ChapterComparison): Markup {
  const { name, isSame, madeFrom, results, figures, texts, seconds } = chapter;
  return html`<section>
<h2>${name}<small>${isSame ? `the same: ${results.all} numbers, ${figures.all} figures` : 'differs'}</small></h2>
${
  madeFrom.length > 0 &&
  html`<h3>Made from</h3>
<table><thead><tr><th scope="col">What</th><th scope="col">Before</th><th scope="col">After</th></tr></thead>
<tbody>${madeFrom.map((each) => html`<tr><td>${each.name}</td><td>${each.before}</td><td>${each.after}</td></tr>`)}</tbody></table>`
}
${results.changes.length > 0 && html`<h3>Numbers</h3>\n${results.changes.map(resultPart)}`}
${figures.changes.length > 0 && html`<h3>Figures</h3>\n${figures.changes.map(figurePart)}`}
${texts.map(
  ({ part, change }) => html`<h3>${part[0]!.toUpperCase()}${part.slice(1)}</h3>
<p>${lineCount(change)}.</p>
${change.hunks.map((hunk) => html`<pre class="lines" tabindex="0">${hunk.map(lineMarkup)}</pre>`)}`,
)}
${seconds && html`<h3>Time</h3><p>${timeText(seconds)}</p>`}
</section>
`;
}

function lineMarkup({ sign, text }: Line): Markup {
  const line = `${sign} ${text}\n`;
  return sign === '+'
    ? html`<ins>${line}</ins>`
    : sign === '-'
      ? html`<del>${line}</del>`
      : html`${line}`;
}

function resultPart(change: ResultChange): Markup {
  switch (change.kind) {
    case 'added':
    case 'removed':
      return html`<p>${change.name} is ${change.kind === 'added' ? 'new' : 'gone'}.</p>`;
    case 'kind':
      return html`<p>${change.name} is a value in one and a table in the other.</p>`;
    case 'value':
      return html`<p><strong>${change.name}</strong>: ${valueText(change)}${isChance(change) && ' – may be chance'}</p>`;
    case 'table': {
      const { name, shape, cells } = change;
      if (shape !== null) return html`<p>${name}: ${shape}</p>`;
      return html`<table><caption>${name}: ${cells.length} entries differ</caption>
<thead><tr><th scope="col">Row</th><th scope="col">Column</th><th scope="col">Before</th><th scope="col">After</th></tr></thead>
<tbody>${cells
        .slice(0, listedEntries)
        .map(
          (cell) =>
            html`<tr><td>${cell.row}</td><td>${cell.column}</td><td>${plain(cell.before)}</td><td>${plain(cell.after)}</td></tr>`,
        )}</tbody></table>`;
    }
  }
}

function figurePart(change: FigureChange): Markup {
  if (change.kind !== 'changed') {
    return html`<p>${change.id} is ${change.kind === 'added' ? 'new' : 'gone'}.</p>
<div class="pair">${picture(change.id, change.kind, change.picture)}</div>`;
  }
  const places = placeLines(change);
  return html`<p><strong>${change.id}</strong>: ${figureText(change)}</p>
${places.length > 0 && html`<ul>${places.map((place) => html`<li>${place}</li>`)}</ul>`}
<div class="pair">${picture(change.id, 'before', change.before)}${picture(change.id, 'after', change.after)}</div>
`;
}

function picture(id: string, when: string, file: PictureFile | null): Markup | false {
  return (
    file !== null &&
    html`<figure><img src="${trusted(addressOf(file))}" alt="${`${id}, ${when}`}"><figcaption>${when}</figcaption></figure>`
  );
}
