// A notebook on a kernel that stays alive: after each edit it shows what a run from the top shows, and runs only what it must.
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { LiveNotebook } from '../../../src/press/preview/live.js';
import { ownKernel } from '../../../src/press/run/kernel-spec.js';
import { readInputs } from '../../../src/press/run/inputs.js';
import { runNotebook } from '../../../src/press/run/run-notebook.js';
import { code, notebook, project, put, texts } from '../run/fixtures.js';

const kernel = ownKernel();

describe('a live notebook', () => {
  const folder = project({ 'data.txt': 'one', 'lib.ts': 'export const a = 1;\n' });
  const live = new LiveNotebook();
  after(() => live.end());

  const run = async (sources: string[], signal?: AbortSignal) => {
    const content = notebook(...sources.map((source) => code(source)));
    const inputs = await readInputs(content, { file: 'n', kernel, cwd: folder });
    const options = { kernel, cwd: folder, ...(signal ? { signal } : {}) };
    return { content, ran: await live.run(content, options, inputs) };
  };
  /** Runs live, and from the top on another kernel: the same outputs, by the cells that are expected. */
  const edit = async (sources: string[], cells: number[] | 'all') => {
    const { content, ran } = await run(sources);
    const fresh = await runNotebook(content, { kernel, cwd: folder });
    assert.deepEqual(texts(ran.notebook), texts(fresh.notebook));
    assert.deepEqual(
      ran.errors.map(({ message, cell }) => [message, cell]),
      fresh.errors.map(({ message, cell }) => [message, cell]),
    );
    assert.equal(ran.isWhole, cells === 'all');
    if (cells !== 'all') assert.deepEqual(live.last!.cells, cells);
    if (fresh.errors.length === 0) {
      // Counts and kernel too: the page is the same to the byte.
      assert.deepEqual(ran.notebook, fresh.notebook);
    }
    return live.last!.restarted;
  };
  const first = [
    'const xs = [1, 2]; Date.now(); 0',
    'xs.push(3)',
    'xs.join()',
    'const pid = 7; pid',
  ];

  it('runs from the top at first, then only what was edited and what follows from it', async () => {
    await edit(first, 'all');
    await edit([...first.slice(0, 3), 'const pid = 8; pid'], [4]);
    await edit([first[0]!, 'xs.push(4)', first[2]!, 'const pid = 8; pid'], [1, 2, 3]);
    await edit([first[0]!, first[2]!, 'const pid = 8; pid'], [1, 2]);
    await edit([first[0]!, first[2]!, 'const pid = 8; pid', 'pid + 1'], [4]);
  });

  it('shows an error, and goes on from the cell that is mended', async () => {
    const start = [first[0]!, 'xs.length'];
    await edit([...start, 'xs.push(9); throw new Error("broken")', 'xs.join()'], [2, 3]);
    await edit([...start, 'xs.push(5)', 'xs.join()'], [1, 2, 3, 4]);
    await edit([...start, 'const n: number = "text"', 'xs.join()'], [1, 2, 3]);
  });

  it('goes from the top when a name is gone that is used, and tells the error that a build tells', async () => {
    await edit(['const a = 1', 'a + 1'], [1, 2]);
    assert.match(
      (await edit(['const b = 1', 'a + 1'], 'all')) ?? '',
      /^a, which a cell has declared/,
    );
  });

  it('goes from the top when a module or a file that it read has changed', async () => {
    const sources = [
      'import { a } from "./lib";\nimport { readFileSync } from "node:fs";',
      'console.log(a, readFileSync(["data", "txt"].join("."), "utf8"))',
    ];
    await edit(sources, [1, 2]);
    put(folder, 'data.txt', 'two');
    assert.match((await edit(sources, 'all')) ?? '', /data\.txt, which it read, has changed$/);
    put(folder, 'lib.ts', 'export const a = 2;\n');
    assert.equal(await edit(sources, 'all'), 'file lib.ts has changed');
  });

  it('lives on after an interrupt', async () => {
    const stop = new AbortController();
    const content = ['const z = 1', 'console.log("on"); for (;;) {}'];
    const inputs = await readInputs(notebook(...content.map((each) => code(each))), {
      file: 'n',
      kernel,
      cwd: folder,
    });
    const ran = await live.run(
      notebook(...content.map((each) => code(each))),
      {
        kernel,
        cwd: folder,
        signal: stop.signal,
        onEvent: (event) => {
          if (event.type === 'cell-output') stop.abort();
        },
      },
      inputs,
    );
    assert.equal(ran.interrupted, true);
    await edit(['const z = 1', 'z + 1'], [2]);
  });

  it('starts again where the kernel has ended', async () => {
    await run([
      'const z = 1',
      'process.kill(process.ppid, "SIGKILL"); await new Promise(() => {})',
    ]);
    await edit(['const z = 1', 'z'], 'all');
  });

  it('goes from the top when asked', async () => {
    live.restart();
    assert.equal(await edit(['const z = 1', 'z'], 'all'), 'that was asked for');
  });
});
