// Outputs of cells: which form of each is chosen, and what terminals leave behind.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MimeBundle } from '../../../src/press/notebook/nbformat.js';
import { outputContext, readOutputs, textHtml } from '../../../src/press/report/outputs.js';
import { terminalHtml } from '../../../src/press/report/terminal.js';

const choose = (data: MimeBundle) => {
  const found: string[] = [];
  const [first] = readOutputs(
    [{ output_type: 'display_data', data, metadata: {} }],
    outputContext((kind) => found.push(kind)),
  );
  if (!first) return found.join() || 'nothing';
  return first.kind === 'figure' ? `${first.kind} ${first.content.kind}` : first.kind;
};

const png =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC';
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
    outputContext(() => undefined),
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
  ['the named ones of the 256 colours', '\x1b[38;5;1mx', '<span class="ansi-red-fg">x</span>'],
  [
    'others of the 256 colours',
    '\x1b[38;5;196mx\x1b[0m',
    '<span class="ansi-own" style="--light:#e60000;--dark:#ff0000">x</span>',
  ],
  [
    'true colour, darker on the light page where it has to be',
    '\x1b[38;2;0;180;0mx\x1b[39my',
    '<span class="ansi-own" style="--light:#007e00;--dark:#00b400">x</span>y',
  ],
  [
    'true colour with colons',
    '\x1b[38:2::0:0:90mx',
    '<span class="ansi-own" style="--light:#00005a;--dark:#8080ad">x</span>',
  ],
  [
    'a ground, and lettering that can be read on it',
    '\x1b[48;2;255;255;0mx\x1b[97;48;5;255my',
    '<span style="background:#ffff00;color:#000000">x</span><span style="background:#eeeeee;color:#5b6675">y</span>',
  ],
  [
    'inverse',
    '\x1b[7mx\x1b[31my\x1b[27mz',
    '<span style="background:var(--ink);color:var(--paper)">x</span><span style="background:var(--ansi-red);color:var(--paper)">y</span><span class="ansi-red-fg">z</span>',
  ],
  [
    'weights',
    '\x1b[1;3;4;9mx\x1b[22;23;24;29my',
    '<span class="ansi-bold ansi-italic ansi-underline ansi-strikethrough">x</span>y',
  ],
  [
    'a colour that is not there',
    '\x1b[38;5;999;1mx\x1b[38mx\x1b[m',
    '<span class="ansi-own ansi-bold" style="--light:#5f5f5f;--dark:#eeeeee">x</span><span class="ansi-own ansi-bold" style="--light:#5f5f5f;--dark:#eeeeee">x</span>',
  ],
  ['the last state of a progress bar', '10 %\r50 %\r100 %\ndone', '100 %\ndone'],
  ['line ends of Windows', 'a\r\nb', 'a\nb'],
  ['backspace', 'abc\b\bX', 'aXc'],
  [
    'no cursor moves, titles, bells or links',
    '\x1b[2K\x1b]0;title\x07a\x07\x1b]8;;http://e.org\x1b\\b',
    'ab',
  ],
];
for (const [name, text, expected] of terminal) {
  test(`terminal: ${name}`, () => assert.equal(terminalHtml(text), expected));
}

test('a stream of 50 MB is cut in the middle, says so, and is kept whole beside the page', () => {
  const whole = 'x'.repeat(100).concat('\n').repeat(500_000);
  const kept: [string, string | Uint8Array][] = [];
  const problems: string[] = [];
  const [shown] = readOutputs(
    [{ output_type: 'stream', name: 'stdout', text: `first\n${whole}last` }],
    outputContext((kind) => problems.push(kind), {
      keep: (ending, content) => {
        kept.push([ending, content]);
        return `a%20b.${ending}`;
      },
    }),
  );
  assert.ok(shown?.kind === 'text');
  const html = textHtml(shown);
  assert.ok(html.length < 300_000);
  assert.match(
    html,
    /^first\nx{100}\n[\s\S]*<span class="cut">… 50,3\d\d,\d{3} more characters \(498,\d{3} lines\) are in <a class="whole" href="a%20b\.txt">a b\.txt<\/a>\.<\/span>x{100}\n[\s\S]*last$/,
  );
  assert.deepEqual(kept, [['txt', `first\n${whole}last`]]);
  assert.deepEqual(problems, ['cut-output']);
});

test('a page that is full shows little more of each output', () => {
  const text = 'y'.repeat(140_000);
  const shown = readOutputs(
    Array.from({ length: 300 }, (_, i) => ({
      output_type: 'display_data' as const,
      data: { 'text/plain': `${i} ${text}` },
      metadata: {},
    })),
    outputContext(() => undefined),
  );
  const all = shown.reduce((sum, item) => sum + (item.kind === 'text' ? item.text.length : 0), 0);
  assert.equal(shown.length, 300);
  assert.ok(all > 15_000_000 && all < 18_000_000, String(all));
});
