// Fonts of other scripts: found, cut down to the characters in use, embedded; what no font has is told with its place.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { lackingCharacters, withOtherScripts } from '../../../src/press/report/fonts.js';
import { embedFonts } from '../../../src/press/report/fonts/embed.js';
import { fontFilesIn, fontFolders } from '../../../src/press/report/fonts/font-folders.js';
import { missingGlyphs } from '../../../src/press/report/fonts/missing.js';
import {
  adviceFor,
  findOtherFonts,
  type FontSources,
} from '../../../src/press/report/fonts/other-scripts.js';
import {
  mayBeEmbedded,
  readCharacterMap,
  readTables,
  writeSfnt,
  writeWoff2,
} from '../../../src/press/report/fonts/sfnt.js';
import { subsetFont } from '../../../src/press/report/fonts/subset.js';
import { renderReport } from '../../../src/press/report/report.js';
import { browserOrReason, code, has, md, notebook, openBrowser, page, visit } from './support.js';

const require = createRequire(import.meta.url);
const math = require.resolve('katex/dist/fonts/KaTeX_Main-Regular.woff');
const font = () => writeSfnt(readTables(readFileSync(math)));
const points = (text: string) => Array.from(text, (each) => each.codePointAt(0)!);

/** A machine with one font: KaTeX's. */
const one: FontSources = {
  packaged: () => [],
  installed: () => [{ path: math, index: 0, family: 'KaTeX Main' }],
};

test('a font is cut down to some characters, and has no others', () => {
  const whole = font();
  const part = subsetFont(whole, 0, points('↪∀'));
  assert.deepEqual([...readCharacterMap(readTables(part)).keys()].sort(), points('∀↪').sort());
  assert.ok(part.length < whole.length / 8, `${part.length} of ${whole.length}`);
  assert.ok(part.equals(subsetFont(whole, 0, points('∀↪'))), 'the order does not matter');
  assert.throws(() => subsetFont(Buffer.from('no font'), 0, [65]));
});

test('whether a font may be embedded is read from its rights', () => {
  const tables = new Map(readTables(font()));
  const os2 = Buffer.from(tables.get('OS/2')!);
  tables.set('OS/2', os2);
  for (const [rights, may] of [
    [0, true],
    [2, false],
    [4, true],
    [8, true],
    [0x100, false],
    [0x200, false],
  ] as const) {
    os2.writeUInt16BE(rights, 8);
    assert.equal(mayBeEmbedded(tables), may, String(rights));
  }
});

test('characters that the typefaces lack are found, by what sets them', () => {
  const lacking = (markup: string) => [...lackingCharacters(markup)].sort().join('');
  assert.equal(
    lacking('<p>Łukasiewicz, naïve — “quoted” … κ, Ж, 95 % ± 2 \u00a0\u200d\ufe0f</p>'),
    '',
  );
  assert.equal(lacking('<p>深度 and ∀</p><pre>完</pre>'), '∀完度深');
  assert.equal(lacking('<p><span class="katex">∀</span></p>'), '');
});

test('only the characters in use are embedded, and what nobody has is told', () => {
  const { css, families, missing } = findOtherFonts('∀↪深', 'en', one);
  assert.deepEqual(families, ['KaTeX Main']);
  assert.deepEqual(missing, ['深']);
  assert.match(css, /unicode-range:U\+21aa,U\+2200\}$/);
  assert.ok(css.length < 4000, String(css.length));
  assert.deepEqual(findOtherFonts('', 'en', one), { css: '', families: [], missing: [] });
  // Where the system cannot be asked, nothing is claimed.
  const unknown = { packaged: () => [], installed: () => null };
  assert.deepEqual(findOtherFonts('深', 'en', unknown).missing, []);
});

test('without fontconfig, fonts are found in the folders of the system; those of boxes are left out', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fathom-font-folders-'));
  try {
    mkdirSync(join(folder, 'Supplemental'));
    const text = require.resolve('katex/dist/fonts/KaTeX_Main-Regular.ttf');
    copyFileSync(text, join(folder, 'Supplemental', 'Mathematics.TTF'));
    copyFileSync(text, join(folder, 'LastResort.otf'));
    writeFileSync(join(folder, 'broken.ttf'), 'no font');
    writeFileSync(join(folder, 'read.me'), '');
    const fonts = fontFilesIn([join(folder, 'nowhere'), folder]);
    assert.deepEqual(
      fonts?.map(({ family }) => family),
      ['Mathematics', 'broken'],
    );
    const sources = { packaged: () => [], installed: () => fonts };
    const { families, missing } = findOtherFonts('∀深', 'en', sources);
    assert.deepEqual([families, missing], [['Mathematics'], ['深']]);
    assert.equal(fontFilesIn([join(folder, 'nowhere')]), null);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  assert.deepEqual(fontFolders('darwin', {}, '/Users/a').slice(0, 2), [
    '/System/Library/Fonts',
    '/Library/Fonts',
  ]);
  assert.match(fontFolders('win32', { SystemRoot: 'D:\\W' }, 'D:\\a')[0]!, /^D:\\W.Fonts$/);
});

test('packages come before the system, and the language of the document chooses', () => {
  const asked: string[] = [];
  const sources: FontSources = {
    packaged: (name) => {
      asked.push(name);
      return [];
    },
    installed: () => [],
  };
  findOtherFonts('深', 'ja', sources);
  assert.equal(asked[0], '@fontsource/noto-sans-jp');
  asked.length = 0;
  findOtherFonts('深', 'zh-TW', sources);
  assert.equal(asked[0], '@fontsource/noto-sans-tc');
});

test('the message names the characters, the script and the mend; the place is the cell', () => {
  const [advice] = adviceFor(['深', '度'], 'en');
  assert.equal(
    advice!.message,
    'no font has “深” (U+6DF1), “度” (U+5EA6) (Chinese). Install one: npm install @fontsource/noto-sans-sc, or on Debian and Ubuntu apt-get install fonts-noto-cjk',
  );
  const source = notebook(
    md('# A'),
    md('one\ntwo 深'),
    code('x', [{ output_type: 'stream', name: 'stdout', text: '🙂' }]),
  );
  assert.deepEqual(
    missingGlyphs(['深', '🙂'], { notebook: source, file: 'n.ipynb', language: 'en' }).map(
      ({ kind, cell, line }) => [kind, cell, line],
    ),
    [
      ['missing-glyph', 2, 2],
      ['missing-glyph', 3, null],
    ],
  );
});

test('the font of other scripts stands behind each typeface, quoted in any way', () => {
  assert.equal(
    withOtherScripts(
      `a{font-family:'Source Serif 4',Georgia} <text font-family="'Source Sans 3', x">`,
    ),
    `a{font-family:'Source Serif 4','Other Scripts',Georgia} <text font-family="'Source Sans 3','Other Scripts', x">`,
  );
});

test('on paper what no font has is spelt out, never a box', () => {
  // Cuneiform from the end of its block: in no font of this test, nor likely on a machine.
  const none = '\u{1254f}';
  const { markup, missing } = embedFonts(`<p title="${none}">a ${none}</p>`, '', {
    language: 'en',
    spell: true,
  });
  if (missing.length === 0) return;
  assert.equal(markup, `<p title="${none}">a [U+1254F]</p>`);
});

describe('in a browser', { skip: await browserOrReason() }, () => {
  test('what is embedded draws the characters', async () => {
    const browser = await openBrowser();
    try {
      const data = writeWoff2(subsetFont(font(), 0, points('↪'))).toString('base64');
      const page = `<!doctype html><style>@font-face{font-family:T;src:url(data:font/woff2;base64,${data}) format('woff2')}span{font:100px T,monospace}</style><span>↪</span>`;
      const state = await visit(browser, page, ({ page }) =>
        page.evaluate(async () => {
          const [face] = document.fonts;
          await face!.load();
          return [face!.status, document.querySelector('span')!.getBoundingClientRect().width];
        }),
      );
      assert.equal(state[0], 'loaded');
      // The advance that the font's own table gives, of 1000 units an em.
      const tables = readTables(font());
      const glyph = readCharacterMap(tables).get(0x21aa)!;
      const advance = tables.get('hmtx')!.readUInt16BE(glyph * 4) / 10;
      assert.ok(Math.abs(Number(state[1]) - advance) < 0.1, `${state[1]}, ${advance}`);
    } finally {
      await browser.close();
    }
  });

  test('a PDF has its own fonts for mathematics outside formulas, and for the mark of lines', {
    skip: !has('pdffonts') && 'no pdffonts',
  }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fathom-fonts-'));
    try {
      const source = notebook(md('## All\n\nText.'), code(`const long = '${'x '.repeat(90)}';`));
      await renderReport(source, { formats: ['pdf'], outDirectory: folder, name: 'n' });
      const list = execFileSync('pdffonts', [join(folder, 'n.pdf')], { encoding: 'utf8' });
      assert.match(list, /KaTeX_Main/);
      assert.doesNotMatch(list, /DejaVu|Liberation/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('fonts that are cut down to what a page uses', { skip: await browserOrReason() }, () => {
  const source = notebook(
    md(
      'τ and Łódź, Ж **τ Ł** *τ Ł* `τ Ł`\n\n' +
        '$$ \\left(\\sum_{i=1}^{n} \\frac{\\partial^2 \\mathcal{L}}{\\partial w_i^2}\\right) \\le \\mathbb{E}\\left[\\sqrt{\\hat\\theta \\cdot \\boldsymbol{x}}\\right] \\ne \\mathfrak{g} \\mathsf{s} \\mathtt{t} \\mathscr{S} \\mathrm{d} \\mathbf{b} \\; \\int_0^\\infty \\neg\\, \\big\\| \\Bigl\\{ \\biggl\\langle x \\biggr\\rangle \\Bigr\\} \\text{a < b}$$',
    ),
  );

  test('set the same page: no character of text or formula comes from a font of the machine', async () => {
    const html = await page(source);
    const browser = await openBrowser();
    try {
      await visit(browser, html, async ({ page }) => {
        await page.evaluate(() => document.fonts.ready);
        const session = await page.createCDPSession();
        await session.send('DOM.enable');
        await session.send('CSS.enable');
        const { root } = await session.send('DOM.getDocument', { depth: 0 });
        const { nodeIds } = await session.send('DOM.querySelectorAll', {
          nodeId: root.nodeId,
          selector: 'main p, main p *, .katex-html, .katex-html *',
        });
        assert.ok(nodeIds.length > 100, String(nodeIds.length));
        const own = new Set<string>();
        for (const nodeId of nodeIds) {
          const { fonts } = await session.send('CSS.getPlatformFontsForNode', { nodeId });
          for (const { familyName, isCustomFont, glyphCount } of fonts) {
            assert.ok(isCustomFont, `${glyphCount} characters in ${familyName}`);
            own.add(familyName);
          }
        }
        for (const family of ['KaTeX_Main', 'KaTeX_AMS', 'KaTeX_Math', 'KaTeX_Size2']) {
          assert.ok(own.has(family), `${family} of ${[...own].join(', ')}`);
        }
      });
    } finally {
      await browser.close();
    }
  });

  test('are less than a third of the whole ones', async () => {
    const html = await page(source);
    const sizeOf = (family: RegExp) =>
      [...html.matchAll(/@font-face\{font-family:([^;]*);[^}]*base64,([^)]*)/g)]
        .filter(([, name]) => family.test(name!))
        .reduce((sum, [, , data]) => sum + Buffer.from(data!, 'base64').length, 0);
    const whole =
      'Main-Regular Main-Bold Math-Italic Math-BoldItalic AMS-Regular Caligraphic-Regular'
        .split(' ')
        .map((name) => readFileSync(require.resolve(`katex/dist/fonts/KaTeX_${name}.woff2`)).length)
        .reduce((sum, bytes) => sum + bytes, 0);
    const cut = sizeOf(/^KaTeX_(?:Main|Math|AMS|Caligraphic)$/);
    assert.ok(cut > 0 && cut < whole / 3, `${cut} of ${whole}`);
  });
});
