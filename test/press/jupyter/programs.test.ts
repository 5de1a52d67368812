// The kernel under the programs that run notebooks without a front end, and in the terminal.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { chart, jupyter, lacks, notebookText, root } from './support.js';

// biome-ignore lint/suspicious/noExplicitAny: notebooks that Python programs have written
type Json = any;

/** A text as it is in a file: whole or in lines. */
const joined = (text: string | string[]): string => [text].flat().join('');

const home = jupyter();

describe('nbclient', { skip: lacks('jupyter') }, () => {
  it('executes a notebook, and the result is valid', () => {
    home.write(
      'good.ipynb',
      notebookText([
        'const n: number = 20;\nconsole.log("hello");',
        'n * 2',
        chart,
        'throw new RangeError("as expected")',
      ]),
    );
    const script = [
      'import nbformat, nbclient',
      "nb = nbformat.read('good.ipynb', 4)",
      'nbclient.NotebookClient(nb, timeout=60, allow_errors=True).execute()',
      'nbformat.validate(nb)',
      "nbformat.write(nb, 'done.ipynb')",
    ].join('\n');
    const { status, stderr } = home.run('python', ['-c', script]);
    assert.equal(status, 0, stderr);
    const { cells }: Json = JSON.parse(readFileSync(join(home.folder, 'done.ipynb'), 'utf8'));
    assert.equal(joined(cells[0].outputs[0].text), 'hello\n');
    assert.equal(joined(cells[1].outputs[0].data['text/plain']), '40');
    assert.equal(cells[2].outputs[0].data['application/vnd.vegalite.v5+json'].mark, 'bar');
    const { ename, evalue, output_type } = cells[3].outputs[0];
    assert.deepEqual(
      { ename, evalue, output_type },
      { ename: 'RangeError', evalue: 'as expected', output_type: 'error' },
    );
  });

  it('is behind nbconvert --execute, which names the cell that failed', () => {
    home.write('page.ipynb', notebookText(['[1, 2].map((n) => n + 40)']));
    const good = home.run('jupyter', ['nbconvert', '--to', 'html', '--execute', 'page.ipynb']);
    assert.equal(good.status, 0, good.stderr);
    assert.match(readFileSync(join(home.folder, 'page.html'), 'utf8'), /\[ 41, 42 \]/);
    home.write('bad.ipynb', notebookText(['const text: string = 1;', 'console.log("not run")']));
    const bad = home.run('jupyter', ['nbconvert', '--to', 'html', '--execute', 'bad.ipynb']);
    assert.equal(bad.status, 1);
    assert.match(bad.stderr, /CellExecutionError[\s\S]*TS2322/);
  });
});

describe('papermill', { skip: lacks('papermill') }, () => {
  it('reads and writes parameters in TypeScript, and ends with the error of a cell', () => {
    home.write(
      'in.ipynb',
      notebookText([
        [
          [
            '/** Depths to compare. */',
            'const depths: number[] = [2, 4];',
            'const family: "plain" | "residual" = "plain"; // of nets',
            'let rate: number | null = 0.1;',
          ].join('\n'),
          'parameters',
        ],
        '[family === "plain", depths.map((depth) => depth + 1), rate, other.deep[0], other.text]',
        'rate.toFixed()',
      ]),
    );
    const other = { deep: [null, true], text: '"a"\n`b`\\' };
    const values = JSON.stringify({ depths: [8, 14], family: 'residual', rate: 1e-7, other });
    const script = [
      'import sys, json',
      `sys.path.insert(0, ${JSON.stringify(join(root, 'scripts', 'papermill'))})`,
      'import fathom_papermill, papermill',
      "print(json.dumps(papermill.inspect_notebook('in.ipynb')))",
      'values = json.loads(sys.argv[1])',
      "papermill.execute_notebook('in.ipynb', 'out.ipynb', values, progress_bar=False)",
      "values['rate'] = 'fast'",
      "papermill.execute_notebook('in.ipynb', 'bad.ipynb', values, progress_bar=False)",
    ].join('\n');
    const { status, stdout, stderr } = home.run('python', ['-c', script, values]);
    assert.deepEqual(
      Object.values<Json>(JSON.parse(stdout)).map((one) => Object.values(one)),
      [
        ['depths', 'number[]', '[2, 4]', 'Depths to compare.'],
        ['family', '"plain" | "residual"', '"plain"', 'of nets'],
        ['rate', 'number | null', '0.1', ''],
      ],
    );
    const { cells }: Json = JSON.parse(readFileSync(join(home.folder, 'out.ipynb'), 'utf8'));
    assert.match(joined(cells[1].source), /^const depths: number\[\] = \[8, 14\];$/m);
    const shown = joined(cells[2].outputs[0].data['text/plain']);
    assert.equal(shown.replace(/\s+/g, ' '), `[ false, [ 9, 15 ], 1e-7, null, '"a"\\n\`b\`\\\\' ]`);
    assert.equal(status, 1);
    assert.match(
      stderr,
      /PapermillExecutionError[\s\S]*Cell 4[\s\S]*rate\.toFixed is not a function/,
    );
  });
});

describe('jupyter console', { skip: lacks('jupyter-console') }, () => {
  it('shows results and errors of the lines that are typed', () => {
    const typed = 'const a: number = 20\na * 2 + 2\na.x\n';
    const args = ['console', '--simple-prompt', '--kernel', 'fathom-test'];
    const { stdout, stderr } = home.run('jupyter', args, typed);
    assert.match(stdout, /Out\[2\]: 42/, stderr);
    // The console writes errors to its error stream.
    assert.match(stderr.replace(/\x1b\[[0-9;]*m/g, ''), /Cell 3, line 1, column 3 - TS2339/);
  });
});
