// Notebooks from strangers. Each case tries to run a script, load something, or break out of its place; all are put
// into one page, which a real browser opens with every request refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Cell, MimeBundle } from '../../../src/press/notebook/nbformat.js';
import { walk } from '../../../src/press/report/document.js';
import { drawCharts } from '../../../src/press/report/drawing.js';
import { indexPage } from '../../../src/press/report/index-page.js';
import { renderHtml } from '../../../src/press/report/page.js';
import { readDocument } from '../../../src/press/report/read.js';
import {
  browserOrReason,
  code,
  md,
  notebook,
  openBrowser,
  read,
  shown,
  visit,
  wakeCharts,
} from './support.js';

const bang = 'window.pwned=1';
const base64 = (text: string) => Buffer.from(text).toString('base64');

/** Kind of attack → what the attacker writes. Each is tried as markdown and as HTML output. */
const markup: Record<string, string[]> = {
  'script elements': [
    `<script>${bang}</script>`,
    `<SCRIPT src="https://evil.example/x.js"></SCRIPT>`,
    `<scr<script>ipt>${bang}</scr</script>ipt>`,
    `<script type="module">${bang}</script >`,
    `<noscript><p title="</noscript><img src=x onerror=${bang}>"></noscript>`,
    `<template><script>${bang}</script></template>`,
  ],
  'event handlers': [
    `<img src=x onerror="${bang}">`,
    `<b onmouseover="${bang}" oNclick=${bang}>x</b>`,
    `<details open ontoggle="${bang}">x</details>`,
    `<input autofocus onfocus="${bang}">`,
    `<video><source onerror="${bang}"></video>`,
    `<img/src=x/onerror=${bang}>`,
    `<p style="animation:x" onanimationstart="${bang}">x</p>`,
  ],
  'script addresses': [
    `<a href="javascript:${bang}">x</a>`,
    `<a href="jAvA&#x09;script:${bang}">x</a>`,
    `<a href=" &#14; javascript:${bang}">x</a>`,
    `<a href="data:text/html,<script>${bang}</script>">x</a>`,
    `<a href="vbscript:${bang}">x</a>`,
    `<form action="javascript:${bang}"><button>x</button></form>`,
    `<button formaction="javascript:${bang}">x</button>`,
    `[x](javascript:${bang})`,
    `<a href="file:///etc/passwd">x</a>`,
  ],
  'loading pictures, media, fonts': [
    `<img src="https://evil.example/a.png">`,
    `<img src="//evil.example/a.png">`,
    `<img srcset="https://evil.example/a.png 1x">`,
    `![x](https://evil.example/a.png)`,
    `<picture><source srcset="https://evil.example/a.png"><img></picture>`,
    `<audio src="https://evil.example/a.mp3" autoplay></audio>`,
    `<table background="https://evil.example/a.png"><tr><td>x</td></tr></table>`,
    `<input type="image" src="https://evil.example/a.png">`,
  ],
  'other documents': [
    `<iframe src="https://evil.example"></iframe>`,
    `<iframe srcdoc="<script>parent.${bang}</script>"></iframe>`,
    `<object data="https://evil.example/x.swf"></object>`,
    `<embed src="https://evil.example/x.swf">`,
    `<frameset><frame src="https://evil.example"></frameset>`,
    `<portal src="https://evil.example"></portal>`,
  ],
  'the page itself': [
    `<meta http-equiv="refresh" content="0;url=https://evil.example">`,
    `<base href="https://evil.example/">`,
    `<link rel="stylesheet" href="https://evil.example/x.css">`,
    `<link rel="preload" href="https://evil.example/x" as="fetch">`,
    `</main></body></html><h1>mine</h1>`,
    `<!--><img src=x onerror=${bang}>-->`,
    `<![CDATA[<img src=x onerror=${bang}>]]>`,
    `<title>mine</title><textarea><img title="</textarea><img src=x onerror=${bang}>"></textarea>`,
    `<dialog open>mine</dialog>`,
    `<div id="chart-data">{}</div><a id="main" name="getElementById">x</a>`,
  ],
  styles: [
    `<style>*{background:url(https://evil.example/a.png)}</style>`,
    `<style>@import "https://evil.example/x.css";</style>`,
    `<p style="background:url(https://evil.example/a.png)">x</p>`,
    `<p style="background:u\\72l(https://evil.example/a.png)">x</p>`,
    `<p style="position:fixed;inset:0;z-index:99;background:red">cover</p>`,
    `<p class="preview skip lightbox bar contents">x</p>`,
    `<p style="width:expression(${bang})">x</p>`,
    `<p style="color:red;--x:url(https://evil.example)">x</p>`,
  ],
  'vector drawings': [
    `<svg onload="${bang}"></svg>`,
    `<svg><script>${bang}</script></svg>`,
    `<svg><foreignObject><img src=x onerror="${bang}"></foreignObject></svg>`,
    `<svg><use href="https://evil.example/x.svg#a"/></svg>`,
    `<svg><image xlink:href="https://evil.example/a.png"/></svg>`,
    `<svg><a xlink:href="javascript:${bang}"><text>x</text></a></svg>`,
    `<svg><animate attributeName="href" values="javascript:${bang}"/></svg>`,
    `<svg><style>*{fill:url(https://evil.example)}</style></svg>`,
    `<svg><rect fill="url(https://evil.example/#a)" width="9" height="9"/></svg>`,
    `<svg></p><style><a id="</style><img src=x onerror=${bang}>">`,
  ],
  'formulas and namespaces': [
    `<math><mtext><table><mglyph><style><img src=x onerror="${bang}"></style></mglyph></table></mtext></math>`,
    `<math href="javascript:${bang}"><mi>x</mi></math>`,
    `<math><annotation-xml encoding="text/html"><img src=x onerror="${bang}"></annotation-xml></math>`,
    `<math><mtext></mtext><mi//xlink:href="data:x,<script>${bang}</script>">`,
  ],
  'formulas in TeX': [
    `$\\href{javascript:${bang}}{x}$`,
    `$\\url{javascript:${bang}}$`,
    `$\\includegraphics{https://evil.example/a.png}$`,
    `$\\htmlData{x=1}{y}$ and $\\htmlStyle{position:fixed}{y}$`,
    `$\\def\\a{\\a\\a}\\a$`,
    `$\\text{<img src=x onerror=${bang}>}$`,
  ],
  'the marks of this program': [
    '\uE0000\uE001 \uE0001\uE001',
    '@fig-"><img/src=x/onerror=window.pwned=1>',
    '[@<script>]',
  ],
  entities: [
    `&lt;script&gt;${bang}&lt;/script&gt;`,
    `<a title="&quot;&gt;&lt;img src=x onerror=${bang}&gt;">x</a>`,
    `<img alt="\`><img src=x onerror=${bang}>">`,
  ],
};

/** Outputs that are not HTML. */
const outputs: [string, MimeBundle][] = [
  ['a script', { 'text/javascript': bang }],
  ['a script beside text', { 'application/javascript': bang, 'text/plain': 'x' }],
  ['markup as text', { 'text/plain': `</pre><script>${bang}</script>` }],
  [
    'SVG that runs',
    {
      'image/svg+xml': `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>top.${bang}</script><image href="https://evil.example/a.png"/></svg>`,
    },
  ],
  ['a picture that ends its attribute', { 'image/png': `x" onerror="${bang}` }],
  ['a picture of another type', { 'image/png': base64(`<script>${bang}</script>`) }],
  [
    'markdown with a script',
    { 'text/markdown': `# x\n<script>${bang}</script>\n![a](https://evil.example/b.png)` },
  ],
  ['LaTeX with a link', { 'text/latex': `$\\href{javascript:${bang}}{x}$` }],
  ['JSON with an end tag', { 'application/json': { a: `</script><script>${bang}</script>` } }],
];

/** Charts: the specification, and whether it may still be drawn. */
const charts: [string, Record<string, unknown>, boolean][] = [
  [
    'data from the web',
    { data: { url: 'https://evil.example/data.json' }, mark: 'point', encoding: {} },
    false,
  ],
  [
    'data from the disk',
    { data: { url: '/etc/passwd', format: { type: 'csv' } }, mark: 'point', encoding: {} },
    false,
  ],
  [
    'a map from the web',
    {
      data: { url: 'file:///etc/passwd', format: { type: 'topojson', feature: 'x' } },
      mark: 'geoshape',
    },
    false,
  ],
  [
    'a lookup from the web',
    {
      data: { values: [{ a: 1 }] },
      transform: [
        { lookup: 'a', from: { data: { url: 'https://evil.example' }, key: 'a', fields: ['b'] } },
      ],
      mark: 'point',
      encoding: {},
    },
    false,
  ],
  [
    'pictures from the web',
    {
      data: { values: [{ u: 'https://evil.example/a.png' }] },
      mark: { type: 'image', width: 9, height: 9 },
      encoding: { url: { field: 'u' } },
    },
    true,
  ],
  [
    'a script in a link',
    {
      data: { values: [{ u: `javascript:${bang}` }] },
      mark: 'point',
      encoding: { href: { field: 'u' } },
    },
    false,
  ],
  [
    'the end of the script element',
    {
      description: '</script><script>window.pwned=1</script>',
      data: { values: [{ a: '</script><script>window.pwned=1</script>' }] },
      mark: 'text',
      encoding: { text: { field: 'a' } },
    },
    true,
  ],
  [
    'markup in a title',
    {
      title: '<img src=x onerror=window.pwned=1>',
      data: { values: [{ a: 1 }] },
      mark: 'point',
      encoding: {},
    },
    true,
  ],
  [
    'an escape from expressions',
    {
      data: { values: [{ a: 1 }] },
      transform: [{ calculate: "this.constructor.constructor('window.pwned=1')()", as: 'b' }],
      mark: 'point',
      encoding: { x: { field: 'b' } },
    },
    false,
  ],
  [
    'a constructor by name',
    {
      data: { values: [{ a: 1 }] },
      transform: [
        { calculate: "datum['constructor']['constructor']('globalThis.pwned=1')()", as: 'b' },
      ],
      mark: 'point',
      encoding: { x: { field: 'b' } },
    },
    false,
  ],
  [
    'a prototype',
    JSON.parse(
      '{"__proto__":{"polluted":1},"config":{"__proto__":{"polluted":1}},"data":{"values":[{"a":1}]},"mark":"point","encoding":{}}',
    ) as Record<string, unknown>,
    true,
  ],
  [
    'an attribute in a font',
    {
      data: { values: [{ a: 1 }] },
      mark: { type: 'text', font: 'x" onload="window.pwned=1' },
      encoding: { text: { value: 'x' } },
    },
    true,
  ],
  [
    'an attribute in a colour',
    {
      data: { values: [{ a: 1 }] },
      mark: { type: 'point', color: '"><script>window.pwned=1</script>' },
      encoding: {},
    },
    true,
  ],
  [
    'a colour from the web',
    {
      data: { values: [{ a: 1 }] },
      mark: { type: 'bar', color: 'url(https://evil.example/a.svg#x)' },
      encoding: {},
    },
    false,
  ],
];

const forbidden =
  /<script|<style|<iframe|<object|<embed|<link|<meta|<base|<form|<template|<foreignobject|<animate|<use\b|<dialog|<video|<audio|[\s/"']on[a-z]+\s*=(?!\s*&)|href="(?!https?:|mailto:|#)|evil\.example\/(?:a\.(?:png|mp3)|x\.(?:css|js|swf))"|url\(|position:|expression\(/i;

const names = Object.entries(markup).flatMap(([kind, cases]) =>
  cases.map((source) => ({ kind, source })),
);

test(`${names.length + outputs.length + charts.length} attacks of ${Object.keys(markup).length + 2} kinds are there`, () => {
  assert.ok(names.length + outputs.length + charts.length >= 100);
});

for (const { kind, source } of names) {
  test(`harmless: ${kind}: ${source.slice(0, 60).replace(/[\uE000\uE001]/g, '?')}`, () => {
    for (const cell of [
      md(source),
      code('x', [shown({ 'text/html': source })]),
      code('x', [shown({ 'text/markdown': source })]),
    ]) {
      for (const block of walk(read(notebook(cell)).blocks)) {
        const html =
          block.kind === 'prose'
            ? block.html
            : block.kind === 'output'
              ? block.content.html
              : block.kind === 'table'
                ? block.html
                : '';
        // What is shown as text may say anything; quoted attribute values too, as long as they are no addresses or styles.
        const tags =
          html
            .replace(/<annotation\b[^>]*>[^<]*/g, '')
            .match(/<[^>]*>/g)
            ?.join('\n')
            .replace(/ (?:alt|title|aria-label)="[^"]*"/g, '') ?? '';
        const ours = tags.replace(/ style="[^"]*position:relative[^"]*"/g, '');
        assert.doesNotMatch(ours, forbidden);
      }
    }
  });
}

test('together in a page they run nothing and load nothing, on screen', {
  skip: await browserOrReason(),
}, async () => {
  const cells: Cell[] = [
    md(`# <script>${bang}</script>Title <img src=x onerror="${bang}">`),
    ...names.flatMap(({ source }) => [md(source), code('x', [shown({ 'text/html': source })])]),
    ...outputs.map(([, data]) =>
      code(`//| echo: true\n</code></pre><script>${bang}</script>`, [
        shown(data, {
          fathom: { caption: `<script>${bang}</script>`, alt: `"><img src=x onerror=${bang}>` },
        }),
      ]),
    ),
    ...charts.map(([, spec]) => code('x', [shown({ 'application/vnd.vegalite.v5+json': spec })])),
    code(
      'x',
      [
        {
          output_type: 'error',
          ename: '<script>',
          evalue: bang,
          traceback: [`\x1b[31m<script>${bang}</script>`],
        },
      ],
      ['raises-exception'],
    ),
    code('x', [
      {
        output_type: 'stream',
        name: 'stdout',
        text: `</pre><script>${bang}</script>\x1b]8;;javascript:${bang}\x07x`,
      },
    ]),
  ];
  const document = readDocument(notebook(...cells), { file: `"><script>${bang}</script>.ipynb` });
  const { drawings } = await drawCharts(document);
  const html = await renderHtml(document, drawings, {
    provenance: {
      commit: null,
      dirty: false,
      versions: { '<script>': bang },
      lockfile: null,
      fonts: {},
      parameters: { x: `</script><script>${bang}` },
      data: {},
      records: [],
      seeds: [],
    },
  });
  const browser = await openBrowser();
  try {
    for (const scripts of [true, false]) {
      await visit(
        browser,
        html,
        async ({ page, requests, complaints }) => {
          if (scripts) {
            await wakeCharts(page);
            assert.equal(
              await page.evaluate(() => (window as unknown as { pwned?: number }).pwned),
              undefined,
            );
            assert.equal(
              await page.evaluate(() => ({}) as { polluted?: number }).then((o) => o.polluted),
              undefined,
            );
            assert.equal(await page.$$eval('script:not([type])', (all) => all.length), 2);
            // Links are followed only by readers, and only to the web.
            const links = await page.$$eval('a[href]', (all) =>
              all.map((link) => link.getAttribute('href')!),
            );
            assert.deepEqual(
              links.filter((href) => !/^(?:#|https?:|mailto:)/.test(href)),
              [],
            );
            assert.equal(await page.title(), 'Title');
          }
          assert.deepEqual(requests, []);
          assert.deepEqual(
            complaints.filter((text) => !text.includes('evil.example')),
            [],
          );
        },
        { scripts },
      );
    }
  } finally {
    await browser.close();
  }
});

test('charts that would load or escape are refused; those with false values are drawn without them', async () => {
  const document = read(
    notebook(
      ...charts.map(([, spec]) => code('x', [shown({ 'application/vnd.vegalite.v5+json': spec })])),
    ),
  );
  const { drawings, diagnostics } = await drawCharts(document);
  const figures = [...walk(document.blocks)].filter((block) => block.kind === 'figure');
  assert.deepEqual(
    figures.map((figure, index) => [charts[index]![0], drawings.has(figure.id)]),
    charts.map(([name, , drawn]) => [name, drawn]),
  );
  assert.equal(diagnostics.length, charts.filter(([, , drawn]) => !drawn).length);
  for (const { svg } of drawings.values())
    assert.doesNotMatch(
      svg.replace(/>[^<]*</g, '><').replace(/aria-label="[^"]*"/g, ''),
      /<script| on[a-z]+="|evil\.example|javascript:/i,
    );
});

test('a chart that never ends or eats all memory costs itself, not the build', async () => {
  const endless = {
    $schema: 'https://vega.github.io/schema/vega/v5.json',
    width: 10,
    height: 10,
    data: [{ name: 'a', transform: [{ type: 'sequence', start: 0, stop: 1e8 }] }],
    marks: [],
  };
  const good = {
    data: { values: [{ a: 1 }] },
    mark: 'point',
    description: 'x',
    encoding: { x: { field: 'a', type: 'quantitative' } },
  };
  const document = read(
    notebook(
      code('x', [shown({ 'application/vnd.vega.v5+json': endless })]),
      code('x', [shown({ 'application/vnd.vegalite.v5+json': good })]),
    ),
  );
  const { drawings, diagnostics } = await drawCharts(document, {
    timeoutMs: 5_000,
    memoryMegabytes: 64,
  });
  assert.equal(drawings.size, 1);
  assert.match(diagnostics[0]!.message, /more than 64 MB|within 5 s/);
});

test('files outside the folder of the notebook are never read', async () => {
  const asked: string[] = [];
  readDocument(
    notebook(md('![a](../../etc/x.png) ![b](/etc/x.png) ![c](a%00.png) ![d](ok/x.png)')),
    {
      file: 'n.ipynb',
      readFile: (path) => {
        asked.push(path);
        return null;
      },
    },
  );
  // The reader hands paths on as they are; the door of the file system is in report.ts, which is tested there.
  assert.ok(asked.every((path) => !/^[a-z]+:/.test(path)));
});

test('the index escapes what it lists', () => {
  const html = indexPage(
    [{ title: '<script>', description: '"><img>', files: [{ format: 'html', path: 'a"b.html' }] }],
    { title: '</title><script>' },
  );
  assert.doesNotMatch(html.replace(/<style>[\s\S]*<\/style>/, ''), /<script|<img|a"b/);
});

test('10,000 cells and 300 nested quotations are read', () => {
  const many = Array.from({ length: 10_000 }, (_, i) => (i % 2 ? md(`Cell ${i}`) : code(`x${i}`)));
  assert.equal(read(notebook(...many)).blocks.length, 10_000);
  read(
    notebook(
      md(`${'> '.repeat(300)}deep`),
      code('x', [shown({ 'text/html': '<div>'.repeat(5_000) })]),
    ),
  );
});
