// Lets git clean the notebooks of a repository as they are added: a filter in the repository's own configuration, and a line
// in .gitattributes that says which files it is for.
import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { writeWhole } from '../shared/whole-file.js';

const attribute = '*.ipynb filter=fathom';
const name = 'filter.fathom';

/** There is no repository here, or no git. */
export class RepositoryError extends Error {
  override readonly name = 'RepositoryError';
  readonly exitCode = 2;
}

/** Installs the filter in the repository of a folder; returns what to tell. */
export async function install(folder = process.cwd()): Promise<string> {
  const root = await repositoryOf(folder);
  const starter = fileURLToPath(new URL('../../../scripts/fathom.mjs', import.meta.url));
  await git(root, 'config', `${name}.clean`, `node ${quoted(starter)} clean`);
  await git(root, 'config', `${name}.smudge`, 'cat');
  // Without this, git adds notebooks uncleaned when the filter cannot be started.
  await git(root, 'config', `${name}.required`, 'true');
  const file = join(root, '.gitattributes');
  const before = await readFile(file, 'utf8').catch(() => '');
  if (!before.split('\n').includes(attribute)) {
    const gap = before === '' || before.endsWith('\n') ? '' : '\n';
    await writeWhole(file, `${before}${gap}${attribute}\n`);
  }
  return `git now cleans notebooks in ${root} as they are added; for those that are there: git add --renormalize .`;
}

/** Takes the filter away again. */
export async function uninstall(folder = process.cwd()): Promise<string> {
  const root = await repositoryOf(folder);
  await git(root, 'config', '--remove-section', name).catch(() => '');
  const file = join(root, '.gitattributes');
  const before = await readFile(file, 'utf8').catch(() => '');
  const after = before
    .split('\n')
    .filter((line) => line !== attribute)
    .join('\n');
  if (after === '') await rm(file, { force: true });
  else if (after !== before) await writeWhole(file, after);
  return `git no longer cleans notebooks in ${root}`;
}

async function repositoryOf(folder: string): Promise<string> {
  try {
    return await git(folder, 'rev-parse', '--show-toplevel');
  } catch {
    throw new RepositoryError(`${folder} is not in a git repository, or git is not installed`);
  }
}

async function git(cwd: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('git', args, { cwd });
  return stdout.trim();
}

/** For the shell that git gives a filter to. */
function quoted(path: string): string {
  return `'${path.replaceAll("'", `'\\''`)}'`;
}
