// Citations set as a CSL style says, against an independent processor: citations/make.py made the expected texts with
// pandoc's citeproc, from the same works and the same styles (all of them this project's own).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readBibliography } from '../../../src/press/report/citations.js';
import { readLocator } from '../../../src/press/report/csl/locator.js';
import { pageRange, roman } from '../../../src/press/report/csl/numbers.js';
import { readStyle, StyleError } from '../../../src/press/report/csl/style.js';
import type { Document } from '../../../src/press/report/document.js';
import { code, md, notebook, problems, read, shown } from './support.js';

const folder = new URL('../../../../test/press/report/citations/', import.meta.url);
const file = (name: string) => readFileSync(fileURLToPath(new URL(name, folder)), 'utf8');
const works = file('works.json');
const cases = JSON.parse(file('cases.json')) as string[];
const expected = JSON.parse(file('expected.json')) as Record<
  string,
  { citations: string[]; bibliography: string[] }
>;

const load = (style: string | null, source = works, name = 'works.json') =>
  readBibliography(source, name, {
    csl: style === null ? null : file(`${style}.csl`),
    file: `${style}.csl`,
    language: 'en-US',
  });

const entities: Record<string, string> = {
  '&#38;': '&',
  '&#60;': '<',
  '&#62;': '>',
  '&#34;': '"',
  '&#39;': "'",
};
const plain = (html: string) =>
  html
    .replace(/<span class="entry-left-margin">([\s\S]*?)<\/span>/g, '$1')
    .replace(/<[^>]*>/g, '')
    .replace(/&#\d+;/g, (entity) => entities[entity] ?? entity)
    .replace(/\s+/g, ' ')
    .trim();

const paragraphs = (document: Document) =>
  document.blocks.map((block) => (block.kind === 'prose' ? block.html : ''));

for (const style of ['author-date', 'full-names', 'notes', 'numeric', 'superscript']) {
  test(`${style}: citations and bibliography are those of pandoc`, async () => {
    const document = read(notebook(...cases.map((source) => md(source))), await load(style));
    assert.deepEqual(document.diagnostics, []);
    const citations =
      style === 'notes' ? document.footnotes.map(({ html }) => html) : paragraphs(document);
    const { citations: wanted, bibliography } = expected[style]!;
    assert.deepEqual(citations.map(plain), wanted);
    assert.deepEqual(
      document.bibliography.map(({ html }) => plain(html)),
      bibliography,
    );
  });
}

test('every cited work is a link to its entry', async () => {
  const document = read(
    notebook(md('[@smith2000a; @smith2000b; see @who, p. 3]')),
    await load('author-date'),
  );
  const links = [...paragraphs(document)[0]!.matchAll(/href="#([^"]*)"/g)].map(
    (found) => found[1]!,
  );
  assert.deepEqual(links, ['ref-smith2000a', 'ref-smith2000b', 'ref-who']);
  for (const link of links) assert.ok(document.bibliography.some(({ id }) => id === link));
});

test('names in the sentence, in styles with names and with numbers', async () => {
  const source = 'As @many and @smithp show; @thesis, [-@thesis].';
  const text = async (style: string | null) =>
    plain(paragraphs(read(notebook(md(source)), await load(style)))[0]!);
  assert.equal(
    await text(null),
    'As Alpha et al. (2020) and Smith (2001) show; O’Neil (2012), (2012).',
  );
  assert.equal(await text('numeric'), 'As Alpha et al. [1] and Smith [2] show; O’Neil [3], [3].');
  assert.equal(await text('superscript'), 'As Alpha et al.1 and Smith2 show; O’Neil3, 3.');
});

test('numbers follow the text: title, notes where they are called, captions; not the order of cells that are not shown', async () => {
  const figure = shown(
    {
      'image/png':
        'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    },
    { fathom: { caption: 'After @who.', alt: 'A.' } },
  );
  const document = read(
    notebook(
      md('# On [@many]'),
      code('//| include: false\nx', [shown({ 'text/markdown': '[@page]' })]),
      md('One[^a] and [@smithp].\n\n[^a]: In a note [@edited].'),
      code('x', [figure]),
      md('Last [@nodate].'),
    ),
    await load('numeric'),
  );
  assert.deepEqual(
    document.bibliography.map(({ key }) => key),
    ['many', 'edited', 'smithp', 'who', 'nodate'],
  );
  assert.equal(document.title.text, 'On [1]');
  assert.equal(plain(document.footnotes[0]!.html), 'In a note [2].');
});

test('a style that cites in notes makes notes, numbered with the author’s own', async () => {
  const document = read(
    notebook(md('A claim [@smithp, p. 3], a remark[^r], and @smithp again.\n\n[^r]: Indeed.')),
    await load('notes'),
  );
  assert.deepEqual(
    document.footnotes.map(({ html }) => plain(html)),
    [
      'Peter Smith, The book of depth, Deep Press, 2001, p. 3.',
      'Indeed.',
      'Smith, The book of depth.',
    ],
  );
  assert.match(
    paragraphs(document)[0]!,
    /and .*Smith.*<sup class="note-mark">.*3<\/a><\/sup> again/,
  );
});

test('what a work says cannot break out of the page', async () => {
  const evil = JSON.stringify([
    {
      id: 'evil',
      type: 'book',
      author: [{ family: '<img src=x onerror=alert(1)>', given: '"><script>' }],
      title: '<script>alert(1)</script><b onclick="x">bold</b>',
      URL: 'javascript:alert(1)',
      issued: { 'date-parts': [[2020]] },
    },
  ]);
  const { bibliography, blocks } = read(notebook(md('[@evil]')), await load(null, evil));
  const html = bibliography[0]!.html + JSON.stringify(blocks);
  assert.doesNotMatch(html, /<(?:script|img|b )|href="javascript/i);
  assert.match(bibliography[0]!.html, /&#60;script&#62;/);
});

describe('styles that cannot be used are diagnosed', () => {
  const wrong: [string, string, RegExp][] = [
    ['no XML', 'hello', /no XML element/],
    ['no style', '<locale/>', /first element is <locale>/],
    [
      'a dependent style',
      '<style><info><link rel="independent-parent" href="http://www.zotero.org/styles/apa"/></info></style>',
      /names another style, "apa"/,
    ],
    ['no citation', '<style><info/></style>', /nothing on how to cite/],
    [
      'a macro that is not there',
      '<style><citation><layout><text macro="m"/></layout></citation></style>',
      /macro "m"/,
    ],
    [
      'a macro that calls itself',
      '<style><macro name="m"><text macro="m"/></macro><citation><layout><text macro="m"/></layout></citation></style>',
      /calls itself/,
    ],
  ];
  for (const [name, source, message] of wrong) {
    test(name, async () => {
      assert.throws(
        () => readStyle(source, 'en'),
        (error) => error instanceof StyleError && message.test(error.message),
      );
      const citations = await readBibliography(works, 'works.json', {
        csl: source,
        file: 's.csl',
        language: 'en',
      });
      const document = read(notebook(md('[@who]')), citations);
      assert.deepEqual(problems(document), ['bad-style null:-']);
      assert.match(plain(paragraphs(document)[0]!), /World Health Organization, 2015/);
    });
  }
});

test('places in a work', () => {
  const found = (source: string) => {
    const { locator, suffix } = readLocator(source);
    return locator ? `${locator.label}|${locator.text}|${suffix}` : `|${suffix}`;
  };
  assert.equal(found('p. 3'), 'page|3|');
  assert.equal(found(', pp. 33-35, 38 and elsewhere'), 'page|33-35, 38|and elsewhere');
  assert.equal(found('chap. 2'), 'chapter|2|');
  assert.equal(found('sec. 3.1'), 'section|3.1|');
  assert.equal(found('§ 4'), 'section|4|');
  assert.equal(found('12'), 'page|12|');
  assert.equal(found('and others'), '|and others');
  assert.equal(found('since 2016'), '|since 2016');
});

test('page ranges: the examples of the CSL specification', () => {
  const { locale } = readStyle('<style><citation><layout/></citation></style>', 'en');
  const ranges: [format: string | undefined, given: string, printed: string][] = [
    ['chicago-15', '100-104', '100–104'],
    ['chicago-15', '107-108', '107–8'],
    ['chicago-15', '505-517', '505–17'],
    ['chicago-15', '1002-1006', '1002–6'],
    ['chicago-15', '321-325', '321–25'],
    ['chicago-15', '11564-11568', '11564–68'],
    ['chicago-15', '3-10', '3–10'],
    ['chicago-15', '71-72', '71–72'],
    ['expanded', '321-28', '321–328'],
    ['minimal', '42-45', '42–5'],
    ['minimal-two', '321-328', '321–28'],
    [undefined, '321-28', '321–28'],
  ];
  for (const [format, given, printed] of ranges)
    assert.equal(pageRange(given, format, locale), printed);
  assert.equal(roman(1994), 'mcmxciv');
});

describe('a bibliography with a slip in it is diagnosed where the slip is', () => {
  const slips: [name: string, source: string, message: RegExp, line: number | null][] = [
    [
      'a brace that is not closed',
      '@article{a, title={T}}\n\n@book{b,\n title={oh,\n year={2020}\n}\n',
      /expected \}, got the end of the file, column \d+/,
      7,
    ],
    [
      'a comma left out',
      '@article{a,\n  title={T}\n  year={2020}}\n',
      /expected \}, got a name, column 3/,
      3,
    ],
    ['no entry at all', 'a web page\n', /there is no BibTeX entry in it/, null],
    ['braces without end', `@a{k, t={${'x{'.repeat(20_000)}`, /braces are nested too deep/, null],
  ];
  for (const [name, source, message, line] of slips) {
    test(name, async () => {
      const { diagnostics } = await load(null, source, 'works.bib');
      assert.equal(diagnostics.length, 1);
      assert.match(diagnostics[0]!.message, message);
      assert.deepEqual([diagnostics[0]!.file, diagnostics[0]!.line], ['works.bib', line]);
    });
  }

  test('an empty one is none', async () => {
    assert.deepEqual((await load(null, '\n', 'works.bib')).diagnostics, []);
  });
});
