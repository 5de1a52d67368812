import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Notebook } from '../../../src/press/notebook/nbformat.js';
import { describeCellError } from '../../../src/press/run/cell-error.js';
import { chooseKernel } from '../../../src/press/run/choose-kernel.js';
import type { KernelSpec } from '../../../src/press/run/kernel-spec.js';
import { stockTslab } from '../../../src/press/run/kernel-spec.js';
import {
  type RunEvent,
  type RunOptions,
  type RunResult,
  runNotebook,
} from '../../../src/press/run/run-notebook.js';
import { code, faultyKernel, notebook, project, prose, pythonKernel, texts } from './fixtures.js';

const own = await chooseKernel(notebook());

function run(
  cells: Notebook,
  options: Partial<RunOptions> = {},
): Promise<RunResult & { events: RunEvent[] }> {
  const events: RunEvent[] = [];
  const onEvent = (event: RunEvent): void => {
    events.push(event);
    options.onEvent?.(event);
  };
  return runNotebook(cells, {
    kernel: own,
    cwd: project({}),
    name: 'n.ipynb',
    ...options,
    onEvent,
  }).then((result) => ({ ...result, events }));
}

const kernels: [title: string, kernel: KernelSpec][] = [
  ['our kernel', own],
  ['stock tslab', stockTslab()],
];
for (const [title, kernel] of kernels) {
  describe(`a notebook on ${title}`, () => {
    it('runs from top to bottom, with parameters, local modules, tags, and errors that were announced', async () => {
      const cwd = project({ 'lib.ts': 'export const twice = (x: number): number => 2 * x;\n' });
      const result = await run(
        notebook(
          prose('# Title'),
          code('const depth: number = 1;', 'parameters'),
          code("import { twice } from './lib';\nconsole.log(twice(depth));"),
          code('  \n'),
          code('console.log("never");', 'skip-execution'),
          code('throw new RangeError("on purpose");', 'raises-exception'),
          code('const later = await Promise.resolve(depth + 1);'),
          code('console.log(later);'),
        ),
        { kernel, cwd, parameters: { depth: 21 } },
      );
      assert.deepEqual(result.errors, []);
      assert.equal(result.interrupted, false);
      assert.deepEqual(texts(result.notebook), [
        '',
        '42\n',
        '',
        '',
        'RangeError: on purpose',
        '',
        '22\n',
      ]);
      assert.deepEqual(
        result.notebook.cells.map((cell) =>
          cell.cell_type === 'code' ? cell.execution_count : cell.cell_type,
        ),
        ['markdown', 1, 2, null, null, 3, 4, 5],
      );
      assert.equal(result.notebook.cells[1]!.source, 'const depth: number = 21;');
      assert.deepEqual(
        result.events
          .map((event) => `${event.type} ${'codeCell' in event ? event.codeCell : ''}`.trim())
          .filter((event) => !event.startsWith('cell-output')),
        [
          'notebook-start',
          'cell-start 1',
          'cell-complete 1',
          'cell-start 2',
          'cell-complete 2',
          'cell-skipped 4',
          'cell-start 5',
          'cell-error',
          'cell-complete 5',
          'cell-start 6',
          'cell-complete 6',
          'cell-start 7',
          'cell-complete 7',
          'notebook-complete',
        ],
      );
      assert.deepEqual(Object.keys(result.seconds), ['c2', 'c3', 'c6', 'c7', 'c8']);
    });

    it('stops at a type error, which says cell, line and column', async () => {
      const result = await run(
        notebook(
          prose('text'),
          code('const a = 1;'),
          code('const b = 2;\nlet c: string = a;'),
          code('console.log("after")'),
        ),
        { kernel },
      );
      assert.equal(result.errors.length, 1);
      const [error] = result.errors;
      assert.deepEqual([error!.cell, error!.codeCell, error!.line, error!.column], [3, 2, 2, 5]);
      assert.match(
        describeCellError(error!),
        /^n\.ipynb: cell 3, line 2, column 5: \w+: Type 'number' is not assignable to type 'string'\.$/,
      );
      const outputs = result.notebook.cells.map((cell) =>
        cell.cell_type === 'code' ? cell.outputs.map((output) => output.output_type) : [],
      );
      assert.deepEqual(outputs, [[], [], ['error'], []]);
    });
  });
}

describe('an error', () => {
  it('at run time says where it was thrown, also in an earlier cell and in a file', async () => {
    const cwd = project({
      'lib.ts': 'export function fail(): never {\n  throw new Error("from the file");\n}\n',
    });
    const first = await run(notebook(code('const a = 1;\nthrow new TypeError("two\\nlines");')), {
      cwd,
    });
    assert.equal(
      describeCellError(first.errors[0]!),
      'n.ipynb: cell 1, line 2, column 7: TypeError: two / lines',
    );
    const earlier = await run(
      notebook(
        prose('x'),
        code('function fail(): never {\n  throw new Error("deep");\n}'),
        code('const b = 1;\nfail();'),
      ),
      { cwd },
    );
    assert.match(
      describeCellError(earlier.errors[0]!),
      /^n\.ipynb: cell 3 \(in cell 2, line 2, column \d+\): Error: deep$/,
    );
    const file = await run(notebook(code("import { fail } from './lib';\nfail();")), { cwd });
    assert.match(describeCellError(file.errors[0]!), /^n\.ipynb: cell 1.*: Error: from the file$/);
  });

  it('of process.exit is an error of that cell', async () => {
    const result = await run(
      notebook(code('console.log("before");'), code('process.exit(3);'), code('1')),
    );
    assert.equal(result.errors.length, 1);
    assert.equal(result.errors[0]!.cell, 2);
    assert.match(result.errors[0]!.message, /exit/);
    assert.equal(texts(result.notebook)[0], 'before\n');
  });

  it('of a kernel that dies keeps what was done, with the error in its cell', async () => {
    const result = await run(notebook(code('a'), code('b')), { kernel: faultyKernel('exits') });
    assert.match(
      describeCellError(result.errors[0]!),
      /^n\.ipynb: cell 1: KernelDiedError: the kernel process ended with exit code 7$/,
    );
    assert.match(texts(result.notebook)[0]!, /^exits\nKernelDiedError: /);
  });

  it('of a kernel that does not start is told before the first cell', async () => {
    const result = await run(notebook(code('a')), { kernel: faultyKernel('exits-at-start') });
    assert.match(
      describeCellError(result.errors[0]!),
      /^n\.ipynb: before the first cell: KernelStartError: .*no room for me here$/,
    );
  });

  it('that is only in the reply is an output too', async () => {
    const result = await run(notebook(code('a')), { kernel: faultyKernel('error-only-in-reply') });
    assert.deepEqual(texts(result.notebook), ['error-only-in-reply\nOops: said once']);
    assert.equal(result.errors.length, 1);
  });
});

describe('a run', () => {
  it('refuses wrong parameters before anything runs', async () => {
    const events: RunEvent[] = [];
    const running = run(notebook(code('const a: number = 1', 'parameters')), {
      parameters: { a: 'x' },
      onEvent: (event) => events.push(event),
    });
    await assert.rejects(running, { name: 'ParameterError' });
    assert.deepEqual(events, []);
  });

  it('is interrupted in mid-cell and keeps what was done', async () => {
    const controller = new AbortController();
    const result = await run(
      notebook(
        code('console.log("done");'),
        code('console.log("started");\nfor (;;) {}'),
        code('console.log("never");'),
      ),
      {
        signal: controller.signal,
        onEvent: (event) => {
          if (event.type === 'cell-output' && event.codeCell === 2) controller.abort();
        },
      },
    );
    assert.equal(result.interrupted, true);
    assert.deepEqual(result.errors, []);
    const [done, started, never] = texts(result.notebook);
    assert.equal(done, 'done\n');
    assert.match(started!, /^started\n/);
    assert.equal(never, '');
  });

  it('tells how far its work is, as its displays say, and keeps what they end as', async () => {
    const show = (text: string, status: unknown, update: boolean) =>
      `(globalThis as any)[Symbol.for('fathom.kernel')].display(${JSON.stringify({
        data: { 'text/plain': text },
        metadata: { fathom: { caption: 'c', ...(status ? { status } : {}) } },
      })}, 'one', ${update});`;
    const result = await run(
      notebook(
        code(
          [
            show('working', { text: '1/2 done', share: 0.5 }, false),
            show('working', { text: 'nearly', share: 'no number' }, true),
            show('all done', null, true),
          ].join('\n'),
        ),
      ),
    );
    assert.deepEqual(
      result.events.filter(({ type }) => type === 'cell-progress'),
      [
        { type: 'cell-progress', cell: 1, codeCell: 1, text: '1/2 done', share: 0.5 },
        { type: 'cell-progress', cell: 1, codeCell: 1, text: 'nearly', share: null },
      ],
    );
    const [cell] = result.notebook.cells;
    assert.deepEqual(cell?.cell_type === 'code' && cell.outputs, [
      {
        output_type: 'display_data',
        data: { 'text/plain': 'all done' },
        metadata: { fathom: { caption: 'c' } },
      },
    ]);
  });

  it('is given up while the kernel starts', async () => {
    const controller = new AbortController();
    const result = await run(notebook(code('1')), {
      kernel: faultyKernel('never-answers'),
      signal: controller.signal,
      onEvent: (event) =>
        event.type === 'notebook-start' && setTimeout(() => controller.abort(), 50),
    });
    assert.equal(result.interrupted, true);
    assert.deepEqual(result.errors, []);
  });

  it('ends a cell that takes too long', async () => {
    const result = await run(notebook(code('await new Promise(() => {});')), {
      cellTimeoutMs: 200,
    });
    assert.match(
      describeCellError(result.errors[0]!),
      /^n\.ipynb: cell 1: CellTimeoutError: the cell took longer than 0\.2 s$/,
    );
  });

  it('gives the same notebook twice, whatever the file carried of earlier runs', async () => {
    const cells = notebook(code('for (let i = 0; i < 3; i++) console.log(i);'), code('[1, 2]'));
    const used = structuredClone(cells);
    const [cell] = used.cells;
    assert.ok(cell?.cell_type === 'code');
    cell.outputs.push({ output_type: 'stream', name: 'stdout', text: 'old' });
    cell.execution_count = 17;
    cell.metadata = { execution: { 'iopub.status.busy': '2020-01-01' } };
    const cwd = project({});
    const [first, second] = [await run(cells, { cwd }), await run(used, { cwd })];
    assert.deepEqual(second.notebook, first.notebook);
  });

  it('keeps all of a long output, and writes progress lines over each other', async () => {
    const result = await run(
      notebook(
        code('for (let i = 0; i < 20000; i++) console.log(i);'),
        code('for (let i = 0; i <= 100; i++) process.stdout.write("\\r" + i + " %");'),
      ),
    );
    const [long, progress] = texts(result.notebook);
    assert.equal(long, Array.from({ length: 20000 }, (_, i) => `${i}\n`).join(''));
    assert.equal(progress, '100 %');
  });
});

const python = pythonKernel();
describe('a notebook in Python', {
  skip: python === undefined && 'no Python with ipykernel',
}, () => {
  it('runs, shows results and says the line of an error', async () => {
    const result = await run(notebook(code('1 + 1'), code('x = 0\n1 / x')), { kernel: python! });
    assert.equal(texts(result.notebook)[0], '2');
    assert.equal(
      describeCellError(result.errors[0]!),
      'n.ipynb: cell 2, line 2: ZeroDivisionError: division by zero',
    );
    assert.equal(result.notebook.metadata.language_info?.name, 'python');
  });

  it('updates displays across cells, clears, takes comm messages, and refuses to be asked', async () => {
    const result = await run(
      notebook(
        code('from IPython.display import *\nfirst = display("early", display_id="one")'),
        code(
          'import comm\nprint("gone")\nclear_output(wait=True)\nprint("kept")\n' +
            'c = comm.create_comm(target_name="nobody")\nc.send({"n": 1})',
        ),
        code(
          'update_display("late", display_id="one")\nimport time\nfor i in range(3): print(f"\\r{i}", end="")',
        ),
        code('input("name? ")'),
        code('print("not run")'),
      ),
      { kernel: python! },
    );
    assert.deepEqual(texts(result.notebook).slice(0, 3), ["'late'", 'kept\n', '2']);
    assert.equal(result.errors[0]?.name, 'StdinNotImplementedError');
    assert.deepEqual(
      result.errors.map(({ cell }) => cell),
      [4],
    );
  });
});
