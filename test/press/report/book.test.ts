// A book as one PDF: chapters, numbers, references across chapters with their page, contents and bookmarks.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { renderBook } from '../../../src/press/report/book.js';
import { ReportError } from '../../../src/press/report/diagnostics.js';
import { inOtherChapters } from '../../../src/press/report/other-chapters.js';
import { writeNotebook } from '../../../src/press/notebook/write.js';
import { browserOrReason, code, has, md, notebook, shown } from './support.js';

const chart = (label: string) =>
  code('show(chart)', [
    shown(
      {
        'application/vnd.vegalite.v5+json': {
          description: `Bars of ${label}.`,
          data: { values: [{ a: 1 }] },
          mark: 'bar',
          encoding: { y: { field: 'a', type: 'quantitative' } },
        },
      },
      { fathom: { label, caption: `What ${label} shows.` } },
    ),
  ]);
const filler = (paragraphs: number) =>
  md('The count grows with depth, and the loss does not tell why it does. \n\n'.repeat(paragraphs));

const first = notebook(
  md('# Depth\n\nThe slope of @fig-slope is read in the next chapter.[^n]\n\n[^n]: A note.'),
  md('## The ladder {#sec-ladder}'),
  filler(40),
  chart('fig-rungs'),
  md('### Rungs\n\n@fig-rungs is here.'),
);
const second = notebook(
  md('# Slope'),
  md(
    '## The measure\n\nAs @fig-rungs and @sec-ladder show, and @fig-slope below.\n\n$$ x = y $$ {#eq-x}',
  ),
  chart('fig-slope'),
  md('## The measure\n\nAgain, by @eq-x.[^n]\n\n[^n]: Another note.'),
);

describe('book', { skip: await browserOrReason() }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'fathom-book-'));
  const pdf = join(folder, 'book.pdf');
  const title = {
    title: 'Depth and complexity',
    authors: [{ name: 'Ada Example' }],
    language: 'en',
    note: 'Profile quick',
  };
  const chapters = [first, second].map((source, index) => ({
    name: `0${index + 1}`,
    notebook: source,
    provenance: null,
  }));
  const run = (program: string, ...args: string[]) =>
    execFileSync(program, args, { encoding: 'utf8', maxBuffer: 1e8 });
  before(() => renderBook(title, chapters, { outDirectory: folder, name: 'book' }));
  after(() => rmSync(folder, { recursive: true, force: true }));

  test('numbers start with the chapter, and references to another chapter name the page', {
    skip: !has('pdftotext') && 'no pdftotext',
  }, () => {
    const pages = run('pdftotext', '-layout', pdf, '-').split('\f');
    const text = pages.join(' ').replace(/\s+/g, ' ');
    const pageOf = (pattern: RegExp) => pages.findIndex((each) => pattern.test(each)) + 1;
    const slope = pageOf(/Figure 2\.1\. +What fig-slope shows/);
    const rungs = pageOf(/Figure 1\.1\. +What fig-rungs shows/);
    const ladder = pageOf(/^ *1\.1 +The ladder$/m);
    assert.ok(slope > rungs && rungs > ladder && ladder > 2);
    assert.match(text, new RegExp(`The slope of Figure 2\\.1 on page ${slope} is read`));
    assert.match(
      text,
      new RegExp(
        `As Figure 1\\.1 on page ${rungs} and Section 1\\.1 on page ${ladder} show, and Figure 2\\.1 below`,
      ),
    );
    assert.match(text, /Again, by Equation 2\.1\./);
    assert.match(pages[1]!, new RegExp(`^ *1\\.1 +The ladder +${ladder}$`, 'm'));
    assert.match(pages[1]!, new RegExp(`^ *2\\.1 +What fig-slope shows +${slope}$`, 'm'));
    // Heads: the chapter and its section; none where a chapter begins.
    assert.match(pages[ladder]!, /1 +Depth +1\.1 +The ladder/);
  });

  test('chapters and sections are nested bookmarks, each to its own page', {
    skip: !has('qpdf') && 'no qpdf',
  }, () => {
    assert.match(run('qpdf', '--check', pdf), /No syntax or stream encoding errors/);
    interface Outline {
      title: string;
      destpageposfrom1: number;
      kids: Outline[];
    }
    const { outlines } = JSON.parse(run('qpdf', '--json', '--json-key=outlines', pdf)) as {
      outlines: Outline[];
    };
    const shape = (entries: Outline[]): unknown[] =>
      entries.map(({ title: name, kids }) => (kids.length > 0 ? [name, shape(kids)] : name));
    const places: number[] = [];
    const walk = (entries: Outline[]): void => {
      for (const { destpageposfrom1, kids } of entries) {
        places.push(destpageposfrom1);
        walk(kids);
      }
    };
    walk(outlines);
    assert.deepEqual(
      places,
      [...places].sort((a, b) => a - b),
    );
    assert.deepEqual(shape(outlines), [
      ['Depth and complexity', ['Contents', 'Figures']],
      ['1 Depth', [['1.1 The ladder', ['1.1.1 Rungs']], 'Notes']],
      ['2 Slope', ['2.1 The measure', '2.2 The measure', 'Notes']],
    ]);
  });

  test('every link inside the book leads somewhere', { skip: !has('qpdf') && 'no qpdf' }, () => {
    const text = execFileSync('qpdf', ['--qdf', '--object-streams=disable', pdf, '-'], {
      encoding: 'latin1',
      maxBuffer: 1e8,
    });
    const links = [...text.matchAll(/\/Dest \/(\S+)/g)].map((found) => found[1]!);
    const named = /\/Dests (\d+) 0 R/.exec(text);
    const dests = new RegExp(`^${named![1]} 0 obj\\n<<([\\s\\S]*?)^>>`, 'm').exec(text)![1]!;
    const known = new Set([...dests.matchAll(/^ {2}\/(\S+)/gm)].map((found) => found[1]!));
    assert.ok(links.length > 15);
    assert.deepEqual(
      links.filter((link) => !known.has(link)),
      [],
    );
    assert.doesNotMatch(text, /file:\/\//);
  });

  test('the same book is the same bytes', async () => {
    const before = readFileSync(pdf);
    await renderBook(title, chapters, { outDirectory: folder, name: 'again' });
    assert.ok(before.equals(readFileSync(join(folder, 'again.pdf'))));
  });

  test('what no chapter has is an error, and nothing is written', async () => {
    const bad = { name: '03', notebook: notebook(md('See @fig-none.')), provenance: null };
    await assert.rejects(
      renderBook(title, [...chapters, bad], { outDirectory: folder, name: 'bad' }),
      (error) =>
        error instanceof ReportError && error.diagnostics[0]?.kind === 'unresolved-reference',
    );
    assert.ok(!readdirSync(folder).includes('bad.pdf'));
  });
});

test('a chapter alone names the chapter that has what it refers to', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fathom-chapters-'));
  try {
    const files = ['01-a.ipynb', '02-b.ipynb'].map((name) => join(folder, name));
    const other = notebook(
      md('## Ladder {#sec-ladder}\n\n$$ x $$ {#eq-x}'),
      code("//| label: tbl-a\nshow(c, { label: 'fig-rungs' })"),
    );
    await writeNotebook(files[0]!, other);
    const elsewhere = await inOtherChapters(
      files.map((file) => ({ file, title: undefined })),
      files[1]!,
    );
    assert.deepEqual(
      ['fig-rungs', 'tbl-a', 'sec-ladder', 'eq-x', 'fig-none'].map((label) =>
        elsewhere(label)?.replace(/<[^>]*>/g, ''),
      ),
      [
        'Figure in Chapter 1',
        'Table in Chapter 1',
        'Section in Chapter 1',
        'Equation in Chapter 1',
        undefined,
      ],
    );
    assert.match(elsewhere('fig-rungs')!, /href="01-a\.html#fig-rungs"/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
