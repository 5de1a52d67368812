// Notebooks, projects and kernels for the tests of running.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Cell, CodeCell, Notebook } from '../../../src/press/notebook/nbformat.js';
import { notebookText } from '../../../src/press/notebook/write.js';
import type { KernelSpec } from '../../../src/press/run/kernel-spec.js';

export function code(source: string, ...tags: string[]): CodeCell {
  return {
    cell_type: 'code',
    id: '',
    source,
    metadata: tags.length > 0 ? { tags } : {},
    execution_count: null,
    outputs: [],
  };
}

export function prose(source: string): Cell {
  return { cell_type: 'markdown', id: '', source, metadata: {} };
}

export function notebook(...cells: Cell[]): Notebook {
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec: { name: 'tslab', display_name: 'TypeScript', language: 'typescript' } },
    cells: cells.map((cell, index) => ({ ...cell, id: `c${index + 1}` })),
  };
}

/** What the code cells put out as text, streams and results and errors alike. */
export function texts({ cells }: Notebook): string[] {
  return cells.flatMap((cell) => {
    if (cell.cell_type !== 'code') return [];
    const parts = cell.outputs.map((output) => {
      if (output.output_type === 'stream') return output.text;
      if (output.output_type === 'error') return `${output.ename}: ${output.evalue}`;
      return String(output.data['text/plain']);
    });
    return [parts.join('')];
  });
}

/** A folder that is gone after the tests of the file, with these files. A notebook is written as one. */
export function project(files: Record<string, string | Notebook>): string {
  const folder = mkdtempSync(join(tmpdir(), 'fathom-test-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries({ 'package.json': '{}', ...files }))
    put(folder, name, content);
  return folder;
}

export function put(folder: string, name: string, content: string | Notebook): void {
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof content === 'string' ? content : notebookText(content));
}

export function faultyKernel(fault: string): KernelSpec {
  const program = fileURLToPath(new URL('./faulty-kernel.js', import.meta.url));
  return {
    name: fault,
    displayName: fault,
    language: 'none',
    argv: [process.execPath, program, fault, '{connection_file}'],
    interruptMode: 'signal',
    heartbeat: true,
  };
}

/** A Python with ipykernel: that of the tests' environment, else the one on the path; undefined where there is none. */
export function pythonKernel(): KernelSpec | undefined {
  for (const python of [process.env.FATHOM_TEST_PYTHON, 'python3']) {
    if (!python) continue;
    try {
      execFileSync(python, ['-c', 'import ipykernel'], { stdio: 'ignore' });
    } catch {
      continue;
    }
    return {
      name: 'python3',
      displayName: 'Python 3',
      language: 'python',
      argv: [python, '-m', 'ipykernel_launcher', '-f', '{connection_file}'],
      interruptMode: 'signal',
      heartbeat: true,
    };
  }
  return undefined;
}
