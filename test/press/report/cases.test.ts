// The stages of a report, each with what goes in and what comes out: fixtures/cases/<name>/input.ipynb is read into expected.json (the
// document, with what is wrong in it) and printed as expected.html (the text of the page).
//
// After a change that is meant, FATHOM_UPDATE_CASES=1 writes what comes out now; look at the difference before it is kept.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readNotebook } from '../../../src/press/notebook/read.js';
import { readBibliography } from '../../../src/press/report/citations.js';
import { drawCharts } from '../../../src/press/report/drawing.js';
import { renderArticle } from '../../../src/press/report/page.js';
import { readDocument } from '../../../src/press/report/read.js';

const folder = fileURLToPath(
  new URL('../../../../test/press/report/fixtures/cases/', import.meta.url),
);

for (const name of readdirSync(folder).sort()) {
  test(`case ${name}`, async () => {
    const at = (file: string) => join(folder, name, file);
    const references = at('references.bib');
    const document = readDocument(await readNotebook(at('input.ipynb')), {
      file: 'input.ipynb',
      ...(existsSync(references)
        ? { citations: await readBibliography(readFileSync(references, 'utf8'), 'references.bib') }
        : {}),
    });
    const { drawings } = await drawCharts(document);
    const { text } = await renderArticle(document, drawings, null, 'screen');
    const stages = {
      'expected.json': `${JSON.stringify(document, null, 2)}\n`,
      'expected.html': `${text}\n`,
    };
    for (const [file, made] of Object.entries(stages)) {
      if (process.env.FATHOM_UPDATE_CASES === '1') writeFileSync(at(file), made);
      assert.equal(made, readFileSync(at(file), 'utf8'), `${name}/${file}`);
    }
  });
}
