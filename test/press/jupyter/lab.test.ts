// The kernel in a real JupyterLab, seen through a headless browser.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parseNotebook } from '../../../src/press/notebook/read.js';
import { injectParameters } from '../../../src/press/notebook/parameters.js';
import { browserOrReason } from '../report/support.js';
import { type Lab, type LabPage, patience, startLab } from './lab-support.js';
import { chart, jupyter, lacks, notebookText, root } from './support.js';

const missing = lacks('jupyter-lab') || (await browserOrReason());

describe('in JupyterLab', { skip: missing }, () => {
  let lab: Lab;
  // Before the folder goes: JupyterLab writes into it until it ends.
  after(() => lab?.stop());
  const home = jupyter();
  let notebook: LabPage;
  before(async () => {
    home.write(
      'lab.ipynb',
      notebookText([
        chart,
        'const list = [1, 2, 3];\nlist.map((n) => ({ n, square: n ** 2 }))',
        'console.log("in the loop");\nwhile (true) {}',
        'console.log("not run")',
        'const wrong: number = "text";',
        'list',
      ]),
    );
    lab = await startLab(home);
    notebook = await lab.open('lab.ipynb');
  });

  it('all cells run: a chart and a table are visible', async () => {
    await notebook.command('notebook:run-all-cells');
    await notebook.sees(0, { selector: '.vega-embed :is(svg, canvas)' });
    await notebook.sees(1, { selector: 'table' });
    await notebook.sees(2, { text: 'in the loop' });
  });

  it('a loop is interrupted, and the cells behind it are not run', async () => {
    await notebook.command('kernelmenu:interrupt');
    await notebook.sees(2, { text: 'KeyboardInterrupt' });
    await notebook.page.waitForFunction(`document.body.textContent.includes('| Idle')`, patience);
    const texts = await notebook.page.$$eval('.jp-Notebook .jp-OutputArea', (areas) =>
      areas.map(({ textContent }) => textContent),
    );
    assert.ok(!texts.some((text) => text?.includes('not run')));
  });

  it('an error is visible, with the code that it is in', async () => {
    await notebook.runCell(4);
    await notebook.sees(4, { text: 'TS2322' });
    await notebook.sees(4, { text: '> 1 | const wrong: number = "text";' });
    await notebook.picture('error');
  });

  it('a list of completions opens, with what the type has', async () => {
    const { page } = notebook;
    await notebook.focus(5);
    await page.keyboard.type('.fla');
    await page.keyboard.press('Tab');
    await page.waitForSelector('.jp-Completer .jp-Completer-item', { ...patience, visible: true });
    await notebook.picture('completion');
    const items = await page.$$eval('.jp-Completer .jp-Completer-item', (elements) =>
      elements.map(({ textContent }) => textContent),
    );
    assert.ok(
      items.some((item) => item?.includes('flatMap')),
      items.join(),
    );
    await page.keyboard.press('Escape');
  });

  it('after a restart the variables are gone', async () => {
    const { page } = notebook;
    await notebook.command('kernelmenu:restart');
    await page.waitForSelector('.jp-Dialog .jp-mod-accept', { ...patience, visible: true });
    await page.click('.jp-Dialog .jp-mod-accept');
    await page.waitForSelector('.jp-Dialog', { ...patience, hidden: true });
    await page.waitForFunction(`document.body.textContent.includes('| Idle')`, patience);
    await notebook.runCell(5);
    await notebook.sees(5, { text: "Cannot find name 'list'" });
  });

  // These train nets, and so take a minute or two each.
  const heavy = !process.env.FATHOM_TEST_HEAVY && 'FATHOM_TEST_HEAVY=1 runs it';
  const training = { timeout: 240_000 };
  /** Stock tslab finds packages beside the notebook only. */
  const linkFathom = (): void => {
    mkdirSync(join(home.folder, 'node_modules'), { recursive: true });
    const link = join(home.folder, 'node_modules', 'fathom');
    if (!existsSync(link)) symlinkSync(root, link, 'junction');
  };

  it('a study is explored: nets are trained, a chart, a mistake and completions', {
    skip: heavy,
  }, async () => {
    linkFathom();
    home.write(
      'explore.ipynb',
      notebookText([
        [
          "import { ladderChart, show, study, trainStudy } from 'fathom';",
          '',
          'const runs = await trainStudy(',
          '  study({',
          "    data: { name: 'fashion-mnist', train: 200, test: 200 },",
          '    net: { width: 8 },',
          '    recipe: { stop: { epochs: 1 } },',
          "    axes: { 'net.family': ['plain', 'residual'], 'net.depth': [4, 8] },",
          '    seeds: [0, 1],',
          '  }),',
          ');',
          "show(ladderChart(runs, { y: 'testAccuracy' }), { caption: 'Accuracy by depth.' });",
        ].join('\n'),
        'runs.filter((run) => run.cell.net.dept > 8).length',
        'runs',
      ]),
    );
    const { page, ...explored } = await lab.open('explore.ipynb');
    await explored.command('application:toggle-left-area');
    await explored.runCell(0);
    await page.waitForFunction(`document.body.textContent.includes('| Busy')`, patience);
    await page.waitForFunction(`document.body.textContent.includes('| Idle')`, training);
    await explored.sees(0, { selector: '.vega-embed :is(svg, canvas)' });
    await explored.runCell(1);
    await explored.sees(1, { text: "Did you mean 'depth'?" });
    await explored.focus(2);
    await page.keyboard.type('.fi');
    await page.keyboard.press('Tab');
    await page.waitForSelector('.jp-Completer .jp-Completer-item', { ...patience, visible: true });
    await explored.picture('jupyterlab');
  });

  for (const kernel of ['fathom-test', 'tslab-test']) {
    it(`the first chapter runs under ${kernel}`, { skip: heavy }, async () => {
      const name = '01-depth-ladder.ipynb';
      const text = readFileSync(join(root, 'notebooks', name), 'utf8');
      const chapter = injectParameters(
        await parseNotebook(text, name),
        { depths: [4, 8], seeds: [0], trainImages: 200, testImages: 200, epochs: 1 },
        name,
      );
      chapter.metadata.kernelspec = { name: kernel, display_name: kernel, language: 'typescript' };
      linkFathom();
      home.write(`${kernel}.ipynb`, JSON.stringify(chapter));
      const opened = await lab.open(`${kernel}.ipynb`);
      await opened.command('notebook:run-all-cells');
      await opened.page.waitForFunction(`document.body.textContent.includes('| Busy')`, patience);
      await opened.page.waitForFunction(`document.body.textContent.includes('| Idle')`, training);
      const errors = await opened.page.$$eval(
        '.jp-OutputArea [data-mime-type="application/vnd.jupyter.error"], .jp-OutputArea [data-mime-type="application/vnd.jupyter.stderr"]',
        (elements) => elements.map(({ textContent }) => textContent),
      );
      assert.deepEqual(errors, []);
      const last = chapter.cells.findLastIndex(({ cell_type }) => cell_type === 'code');
      await opened.sees(last, { selector: '.jp-OutputArea-output' });
      await opened.picture(kernel);
    });
  }
});
