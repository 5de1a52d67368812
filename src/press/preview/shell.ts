// The frame around a report in preview: it shows what goes on and what is wrong, and puts a new report in the place of the old
// one without losing the reader's place. The report itself is the same as a build writes, with its own security policy.
import { createHash } from 'node:crypto';
import { html, trusted } from '../report/markup.js';
import { colours } from '../report/style.js';

export interface ShellOptions {
  readonly title: string;
  readonly chapter: string;
  /** All that can be previewed, in order. */
  readonly chapters: readonly { readonly name: string; readonly title: string }[];
}

const { light, dark } = colours;

const css = `
*{box-sizing:border-box}
html,body{height:100%;margin:0}
body{display:flex;flex-direction:column;font:14px/1.45 system-ui,sans-serif;background:${light.raised};color:${light.ink}}
header{display:flex;gap:1rem;align-items:baseline;padding:.35rem .8rem;border-bottom:1px solid ${light.rule}}
nav{display:flex;gap:.8rem;overflow-x:auto;white-space:nowrap}
a{color:${light.accent}}
a[aria-current]{color:inherit;font-weight:600;text-decoration:none}
#status{margin-left:auto;color:${light.quiet};white-space:nowrap;overflow:hidden;text-overflow:ellipsis;min-width:8rem;text-align:right}
#errors{margin:0;padding:.5rem .8rem;max-height:35vh;overflow:auto;white-space:pre-wrap;overflow-wrap:anywhere;font:13px/1.45 ui-monospace,monospace;color:${light.danger};border-bottom:1px solid ${light.rule}}
#errors:empty{display:none}
#note{display:flex;gap:.8rem;align-items:baseline;margin:0;padding:.3rem .8rem;color:${light.quiet};border-bottom:1px solid ${light.rule}}
#note[hidden]{display:none}
button{font:inherit;padding:.1rem .6rem;color:${light.ink};background:${light.paper};border:1px solid ${light.rule};border-radius:4px;cursor:pointer;white-space:nowrap}
main{flex:1;position:relative;background:${light.paper}}
iframe{position:absolute;inset:0;width:100%;height:100%;border:0}
iframe.coming{visibility:hidden}
@media(prefers-color-scheme:dark){
body{background:${dark.raised};color:${dark.ink}}
header,#errors,#note{border-color:${dark.rule}}
#note{color:${dark.quiet}}
button{color:${dark.ink};background:${dark.paper};border-color:${dark.rule}}
a{color:${dark.accent}}
#status{color:${dark.quiet}}
#errors{color:${dark.danger}}
main{background:${dark.paper}}
}
`;

const script = `
'use strict';
const main = document.querySelector('main');
const status = document.getElementById('status');
const errors = document.getElementById('errors');
const note = document.getElementById('note');
note.querySelector('button').addEventListener('click', () => void fetch('restart', { method: 'POST' }));
let shown = 0;
let frame = null;
let coming = null;
// The page may be loaded anew, too.
const place = 'scroll ' + location.pathname;
window.addEventListener('pagehide', () => {
  if (frame) sessionStorage.setItem(place, frame.contentWindow.scrollY);
});
const load = (version) => {
  if (coming) coming.remove();
  const next = document.createElement('iframe');
  next.title = 'Report';
  next.className = 'coming';
  next.src = 'report?' + version;
  coming = next;
  next.addEventListener('load', () => {
    if (coming !== next) return;
    coming = null;
    const top = frame ? frame.contentWindow.scrollY : Number(sessionStorage.getItem(place)) || 0;
    // At once, whatever the report says of smooth scrolling.
    next.contentWindow.scrollTo({ top, behavior: 'instant' });
    next.className = '';
    if (frame) frame.remove();
    frame = next;
    document.body.dataset.version = version;
  });
  main.append(next);
};
const source = new EventSource('events');
source.addEventListener('message', ({ data }) => {
  const state = JSON.parse(data);
  status.textContent = state.status;
  errors.textContent = state.errors.join('\\n');
  note.hidden = state.note === '';
  note.querySelector('span').textContent = state.note;
  if (state.version > 0 && state.version !== shown) {
    shown = state.version;
    load(state.version);
  }
});
source.addEventListener('error', () => {
  status.textContent = 'the preview has ended';
  shown = 0;
});
`;

const hash = (text: string): string =>
  `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

export function shellPage({ title, chapter, chapters }: ShellOptions): string {
  const policy = `default-src 'none'; script-src ${hash(script)}; style-src ${hash(css)}; connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${trusted(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${trusted(css)}</style>
</head>
<body>
<header><nav aria-label="Chapters">${chapters.map(
    (each) =>
      html`<a href="/${encodeURIComponent(each.name)}/"${each.name === chapter && trusted(' aria-current="page"')}>${each.title}</a>`,
  )}</nav><span id="status" role="status"></span></header>
<p id="note" hidden><span></span><button type="button">Run from the top</button></p>
<pre id="errors" role="alert"></pre>
<main></main>
<script>${trusted(script)}</script>
</body>
</html>
`.text;
}
