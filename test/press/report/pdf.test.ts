// The PDF, checked from outside with poppler and qpdf; and the door of the whole, renderReport.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { encode } from 'fast-png';
import { ReportError } from '../../../src/press/report/diagnostics.js';
import { renderReport, sourceDate } from '../../../src/press/report/report.js';
import { bibliography } from './chapter.js';
import { browserOrReason, code, has, md, notebook, shown } from './support.js';

const noBrowser = await browserOrReason();
const needs = (...programs: string[]) => {
  const missing = programs.filter((program) => !has(program));
  return noBrowser || (missing.length > 0 && `no ${missing.join(', ')}`);
};

/** Builds the chapter in a process of its own, with another environment. */
function build(folder: string, environment: Record<string, string>): void {
  writeFileSync(join(folder, 'references.bib'), bibliography);
  execFileSync(
    process.execPath,
    [fileURLToPath(new URL('./build-chapter.js', import.meta.url)), folder],
    {
      env: { ...process.env, ...environment },
      stdio: 'inherit',
    },
  );
}

describe('PDF', { skip: noBrowser }, () => {
  const folders = [1, 2].map((n) => mkdtempSync(join(tmpdir(), `fathom-pdf-${n}-`)));
  const pdf = join(folders[0]!, 'chapter.pdf');
  const run = (program: string, ...args: string[]) =>
    execFileSync(program, args, { encoding: 'utf8' });
  before(() => {
    build(folders[0]!, { TZ: 'UTC', LANG: 'C.UTF-8' });
    // Another time zone, language, user, home, folder for temporary files, and a clock 400 days ahead.
    const ahead = `globalThis.Date = class extends Date { constructor(...a) { super(...(a.length ? a : [Date.now()])); } static now() { return super.now() + 400 * 864e5; } };`;
    build(folders[1]!, {
      TZ: 'Asia/Kathmandu',
      LANG: 'de_DE.UTF-8',
      LC_ALL: 'de_DE.UTF-8',
      USER: 'somebody',
      LOGNAME: 'somebody',
      HOME: folders[1]!,
      TMPDIR: folders[1]!,
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(ahead)}`,
    });
  });
  after(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  test('the same bytes in another time zone, language and folder, by another user at another time', () => {
    for (const file of ['chapter.html', 'chapter.pdf']) {
      const [a, b] = folders.map((folder) => readFileSync(join(folder, file)));
      assert.ok(a!.equals(b!), file);
    }
  });

  test('elements are named by their order, not by what the browser did before', {
    skip: needs('qpdf'),
  }, () => {
    const text = execFileSync('qpdf', ['--qdf', '--object-streams=disable', pdf, '-'], {
      encoding: 'latin1',
      maxBuffer: 1e8,
    });
    const names = new Set([...text.matchAll(/\(node(\d{8})\)/g)].map((found) => Number(found[1])));
    assert.ok(names.size > 10);
    assert.equal(Math.max(...names), names.size);
  });

  test('title, authors, language, tags, no dates', { skip: needs('pdfinfo') }, () => {
    const info = run('pdfinfo', pdf);
    assert.match(info, /Title: +Do deeper networks cut space into more pieces\?/);
    assert.match(info, /Author: +Ada Example, Ben Sample/);
    assert.match(info, /Tagged: +yes/);
    assert.match(info, /Page size: +59[45][.\d]* x 84[12][.\d]* pts \(A4\)/);
    assert.match(info, /Metadata Stream: +yes/);
    assert.doesNotMatch(info, /CreationDate|ModDate|Skia|HeadlessChrome/);
    assert.match(run('pdfinfo', '-meta', pdf), /<dc:language><rdf:Bag><rdf:li>en</);
  });

  test('one figure with one alternative text for each chart and picture', {
    skip: needs('pdfinfo'),
  }, () => {
    const structure = run('pdfinfo', '-struct', pdf);
    assert.equal(structure.match(/^ *Figure\b/gm)?.length, 6);
    assert.match(structure, /^ *H1\b/m);
    assert.match(structure, /^ *TH\b/m);
    // What emphasis is must be said to readers of PDF 1.x; heads are no text of the report.
    const complaints = spawnSync('pdfinfo', ['-struct-text', pdf], { encoding: 'utf8' });
    assert.doesNotMatch(complaints.stderr, /wrong type/);
    assert.equal(complaints.stdout.match(/Do deeper networks cut/g)?.length, 1);
  });

  test('charts are vectors, fonts are embedded', { skip: needs('pdfimages', 'pdffonts') }, () => {
    const images = run('pdfimages', '-list', pdf).trim().split('\n').slice(2);
    // The one picture of the chapter, and nothing else.
    assert.equal(new Set(images.map((line) => line.trim().split(/\s+/)[10])).size, 1);
    const fonts = run('pdffonts', pdf).trim().split('\n').slice(2);
    assert.ok(
      fonts.length > 0 &&
        fonts.every((line) => / yes (?:yes|no ) (?:yes|no )? *\d+ +\d+$/.test(line)),
      fonts.join('\n'),
    );
  });

  test('contents give the page on which each section is', { skip: needs('pdftotext') }, () => {
    const pages = run('pdftotext', '-layout', pdf, '-').split('\f');
    const entries = [...pages[0]!.matchAll(/^ *([\d.]+) +(\S.*?\S) +(\d+)$/gm)];
    assert.ok(entries.length >= 16, pages[0]);
    for (const [, number, title, page] of entries.slice(0, 10)) {
      assert.match(
        pages[Number(page) - 1]!,
        new RegExp(`${number!.replace('.', '\\.')} +${title!.slice(0, 20).replace(/[?]/g, '\\?')}`),
      );
    }
    assert.match(pages[1]!, /page 2 of \d/);
    assert.doesNotMatch(pages[0]!, /Do deeper networks cut space into more pieces/);
    assert.match(
      pages[1]!,
      /^\s*Do deeper networks cut space into more pieces\? +1 +The question$/m,
    );
    assert.match(pages[2]!, /^\s*Do deeper networks cut space into more pieces\? +3 +Results$/m);
  });

  test('it is well formed, with an outline', { skip: needs('qpdf') }, () => {
    assert.match(run('qpdf', '--check', pdf), /No syntax or stream encoding errors/);
    const json = JSON.parse(run('qpdf', '--json', '--json-key=outlines', pdf)) as {
      outlines: { title: string; kids: unknown[] }[];
    };
    const titles = JSON.stringify(json.outlines);
    for (const title of ['The question', 'How pieces are counted', 'References'])
      assert.ok(titles.includes(title), title);
  });

  test('code that is folded away stays out, code that is shown is whole', {
    skip: needs('pdftotext'),
  }, () => {
    const text = run('pdftotext', pdf, '-').replace(/\s+/g, ' ');
    // A line that is too long goes on behind a mark.
    assert.match(text, /recipe: \{ ↪ epochs, optimizer/);
    assert.match(text.replaceAll('↪ ', ''), /toFixed\(1\)\} ?%/);
    assert.doesNotMatch(text, /curveChart/);
  });
});

test('errors are thrown with their places before anything is written; warnings only when strict', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fathom-report-'));
  try {
    const bad = notebook(md('see @fig-none'));
    await assert.rejects(
      renderReport(bad, { formats: ['html'], outDirectory: folder, name: 'n' }),
      (error) =>
        error instanceof ReportError && error.diagnostics[0]?.kind === 'unresolved-reference',
    );
    assert.deepEqual(readdirSync(folder), []);
    const poor = notebook(code('x', [shown({ 'application/x': 'y' })]));
    await assert.rejects(
      renderReport(poor, { formats: ['html'], outDirectory: folder, name: 'n', strict: true }),
      ReportError,
    );
    assert.deepEqual(readdirSync(folder), []);
    const { diagnostics, files } = await renderReport(poor, {
      formats: ['html'],
      outDirectory: folder,
      name: 'n',
    });
    assert.equal(diagnostics.length, 1);
    assert.deepEqual(readdirSync(folder), ['n.html']);
    assert.equal(files[0]?.bytes, readFileSync(join(folder, 'n.html')).length);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('pictures are read from the folder of the notebook and from nowhere else', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fathom-report-'));
  try {
    const secret = join(folder, 'secret.png');
    writeFileSync(secret, 'secret');
    const inside = mkdtempSync(join(folder, 'book-'));
    writeFileSync(
      join(inside, 'own.png'),
      encode({ width: 1, height: 1, data: new Uint8Array(4) }),
    );
    symlinkSync(secret, join(inside, 'link.png'));
    for (const [path, isRead] of [
      ['own.png', true],
      ['./own.png', true],
      ['../secret.png', false],
      [secret, false],
      ['link.png', false],
    ] as const) {
      const attempt = renderReport(notebook(md(`![a](${path})`)), {
        formats: [],
        outDirectory: folder,
        name: 'n',
        directory: inside,
      });
      if (isRead) await attempt;
      else await assert.rejects(attempt, /picture/);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('SOURCE_DATE_EPOCH is the date, and must be a number', () => {
  assert.equal(sourceDate({}), null);
  assert.equal(
    sourceDate({ SOURCE_DATE_EPOCH: '86400' })?.toISOString(),
    '1970-01-02T00:00:00.000Z',
  );
  assert.throws(() => sourceDate({ SOURCE_DATE_EPOCH: 'today' }), /must be a number of seconds/);
});
