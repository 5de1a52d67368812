// What renders the notebooks, each as the command that a user would type.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { findBrowser } from '../../../src/press/report/browser.js';
import { peerFolder, root } from '../support/folders.js';
import { pythonEnvironment, pythonOf } from '../support/python.js';

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The file that it makes. */
  readonly makes: string;
}

export interface Contender {
  readonly name: string;
  readonly title: string;
  /** What it is compared with: pages with pages. */
  readonly format: 'html' | 'pdf';
  /** Null, with a line saying why, where it cannot be had. `folder` is empty, and has the notebook as `notebook`. */
  command(folder: string, notebook: string): Promise<Command | null>;
}

const fathom = (format: 'html' | 'pdf'): Contender => ({
  name: `fathom-${format}`,
  title: `Fathom, ${format.toUpperCase()}`,
  format,
  command: async (folder, notebook) => ({
    program: process.execPath,
    args: [join(root, 'scripts', 'fathom.mjs'), 'render', notebook, '--to', format],
    cwd: folder,
    makes: join(folder, basename(notebook).replace('.ipynb', `.${format}`)),
  }),
});

const nbconvert = (format: 'html' | 'pdf'): Contender => ({
  name: `nbconvert-${format}`,
  title: format === 'html' ? 'nbconvert, HTML' : 'nbconvert, webpdf',
  format,
  command: async (folder, notebook) => {
    const environment = pythonEnvironment('nbconvert', ['nbconvert==7.17.1', 'playwright']);
    if (environment === null) return null;
    const makes = join(folder, basename(notebook).replace('.ipynb', `.${format}`));
    const program = pythonOf(environment);
    if (format === 'html') {
      return { program, args: ['-m', 'nbconvert', '--to', 'html', notebook], cwd: folder, makes };
    }
    const { path } = await findBrowser();
    return {
      program,
      args: [
        join(root, 'scripts', 'bench', 'report', 'webpdf.py'),
        '--to',
        'webpdf',
        '--disable-chromium-sandbox',
        notebook,
      ],
      cwd: folder,
      env: { BENCH_BROWSER: path },
      makes,
    };
  },
});

const mystmd: Contender = {
  name: 'mystmd',
  // Its theme is a server of its own that it downloads; what is measured is the content that the theme shows.
  title: 'mystmd, content without its theme',
  format: 'html',
  command: async (folder, notebook) => {
    const program = installMystmd();
    if (program === null) return null;
    const template = join(folder, 'theme', 'template.yml');
    mkdirSync(dirname(template), { recursive: true });
    writeFileSync(
      template,
      'jtex: v1\ntitle: content only\nversion: 1.0.0\nlicense: MIT\nauthors: []\nbuild:\n  install: "true"\n  start: "true"\n',
    );
    writeFileSync(
      join(folder, 'myst.yml'),
      'version: 1\nproject:\n  title: bench\nsite:\n  title: bench\n  template: ./theme/template.yml\n',
    );
    const name = basename(notebook).replace('.ipynb', '.json');
    return {
      program: process.execPath,
      args: [program, 'build', '--site'],
      cwd: folder,
      makes: join(folder, '_build', 'site', 'content', name),
    };
  },
};

function installMystmd(): string | null {
  const folder = peerFolder('mystmd');
  const program = join(folder, 'node_modules', 'mystmd', 'dist', 'myst.cjs');
  if (existsSync(program)) return program;
  console.error(`bench: installing mystmd into ${folder}`);
  mkdirSync(folder, { recursive: true });
  const args = ['install', '--silent', '--no-audit', '--no-fund', '--ignore-scripts'];
  const { status } = spawnSync('npm', [...args, '--prefix', folder, 'mystmd@1.8.3'], {
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (status === 0 && existsSync(program)) return program;
  console.error('bench: mystmd is left out, it could not be installed');
  return null;
}

export const contenders: readonly Contender[] = [
  fathom('html'),
  nbconvert('html'),
  mystmd,
  fathom('pdf'),
  nbconvert('pdf'),
];
