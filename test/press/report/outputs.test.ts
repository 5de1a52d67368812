// Outputs of cells: which form of each is chosen, and what terminals leave behind.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MimeBundle } from '../../../src/press/notebook/nbformat.js';
import { readOutputs } from '../../../src/press/report/outputs.js';
import { terminalHtml } from '../../../src/press/report/terminal.js';

const choose = (data: MimeBundle) => {
  const found: string[] = [];
  const [first] = readOutputs([{ output_type: 'display_data', data, metadata: {} }], (kind) =>
    found.push(kind),
  );
  if (!first) return found.join() || 'nothing';
  return first.kind === 'figure' ? `${first.kind} ${first.content.kind}` : first.kind;
};

const png = 'iVBORw0KGgo=';
const table: [name: string, data: MimeBundle, expected: string][] = [
  [
    'a chart before its picture',
    { 'image/png': png, 'application/vnd.vegalite.v6+json': {}, 'text/plain': 'x' },
    'figure chart',
  ],
  ['Vega', { 'application/vnd.vega.v5+json': {} }, 'figure chart'],
  [
    'a table',
    { 'text/html': '<div>\n<table><tr><td>1</td></tr></table></div>', 'text/plain': 'x' },
    'table',
  ],
  ['HTML before text', { 'text/html': '<b>x</b>', 'text/plain': 'x' }, 'html'],
  [
    'a picture where HTML is only a script',
    { 'text/html': '<div id="p"></div><script>draw()</script>', 'image/png': png },
    'figure picture',
  ],
  [
    'text where HTML is only a script',
    { 'text/html': '<script>draw()</script>', 'text/plain': 'fig' },
    'text',
  ],
  [
    'never a script',
    { 'text/javascript': 'alert(1)', 'application/javascript': 'alert(1)' },
    'dropped-output',
  ],
  [
    'a vector before pixels',
    { 'image/png': png, 'image/svg+xml': '<svg></svg>' },
    'figure picture',
  ],
  ['markdown', { 'text/markdown': ['# a\n', 'b'], 'text/plain': 'x' }, 'markdown'],
  ['formulas', { 'text/latex': '$\\displaystyle x^2$', 'text/plain': 'x**2' }, 'html'],
  ['text where a formula is broken', { 'text/latex': '$\\frac$', 'text/plain': 'x' }, 'text'],
  ['JSON', { 'application/json': { a: 1 } }, 'text'],
  [
    'the text of a widget',
    { 'application/vnd.jupyter.widget-view+json': { model_id: '1' }, 'text/plain': 'IntSlider()' },
    'text',
  ],
  ['nothing of what is no base64', { 'image/png': '"><script>' }, 'bad-output,dropped-output'],
];
for (const [name, data, expected] of table) {
  test(`shown: ${name}`, () => assert.equal(choose(data), expected));
}

test('streams that follow each other are one', () => {
  const out = readOutputs(
    [
      { output_type: 'stream', name: 'stdout', text: 'a' },
      { output_type: 'stream', name: 'stdout', text: 'b' },
      { output_type: 'stream', name: 'stderr', text: 'c' },
    ],
    () => undefined,
  );
  assert.deepEqual(
    out.map((item) => item.kind === 'text' && item.text),
    ['ab', 'c'],
  );
});

const terminal: [name: string, text: string, expected: string][] = [
  ['escapes', '<b>&"', '&#60;b&#62;&#38;&#34;'],
  ['colours', '\x1b[31mred\x1b[0m', '<span class="ansi-red-fg">red</span>'],
  ['bold and bright', '\x1b[1;92mgo\x1b[0m', '<span class="ansi-green-fg ansi-bold">go</span>'],
  ['the 256 colours', '\x1b[38;5;196mx\x1b[0m', '<span class="ansi-red-fg">x</span>'],
  ['true colour', '\x1b[38;2;0;180;0mx\x1b[0m', '<span class="ansi-green-fg">x</span>'],
  ['the last state of a progress bar', '10 %\r50 %\r100 %\ndone', '100 %\ndone'],
  ['line ends of Windows', 'a\r\nb', 'a\nb'],
  ['backspace', 'abc\b\bX', 'aX'],
  [
    'no cursor moves, titles, bells or links',
    '\x1b[2K\x1b]0;title\x07a\x07\x1b]8;;http://e.org\x1b\\b',
    'ab',
  ],
];
for (const [name, text, expected] of terminal) {
  test(`terminal: ${name}`, () => assert.equal(terminalHtml(text), expected));
}

test('a stream of 50 MB is cut, and says so', () => {
  const html = terminalHtml('x'.repeat(100).concat('\n').repeat(500_000));
  assert.ok(html.length < 300_000);
  assert.match(html, /class="cut">.*more characters are in the notebook/s);
});
