// Prints executed notebooks as they are: read, made safe, written.
import { basename, dirname, relative } from 'node:path';
import { NotebookError } from '../press/notebook/error.js';
import { readNotebook } from '../press/notebook/read.js';
import {
  BrowserError,
  type Format,
  formatDiagnostic,
  ReportError,
  lendBrowser,
  renderReport,
} from '../press/report/index.js';
import { outputFolderProblem } from '../press/run/output-folder.js';
import { OptionError } from './option-error.js';
import { readFormats } from './read-formats.js';

const formats: readonly Format[] = ['html', 'pdf'];

export interface RenderOptions {
  readonly notebooks: readonly string[];
  /** As given: names with commas between them. */
  readonly formats: string;
  readonly out: string | undefined;
  readonly strict: boolean;
}

/** Returns the exit code: 0, or 1 where a report could not be made. */
export async function renderNotebooks(options: RenderOptions): Promise<number> {
  const wanted = readFormats(options.formats, formats);
  const problem = options.out === undefined ? null : outputFolderProblem(options.out, '.');
  if (problem !== null) throw new OptionError(`--out ${problem}`);
  const names = options.notebooks.map((file) => basename(file).replace(/\.ipynb$/, ''));
  let failures = 0;
  const browser = lendBrowser();
  try {
    for (const [index, file] of options.notebooks.entries()) {
      const name = names[index]!;
      const earlier = names.indexOf(name);
      const out = options.out ?? dirname(file);
      try {
        if (options.out !== undefined && earlier < index) {
          throw new NotebookError(
            `its report would be written over that of ${options.notebooks[earlier]}: render them to different folders`,
            { file },
          );
        }
        const report = await renderReport(await readNotebook(file), {
          formats: wanted,
          outDirectory: out,
          name,
          file: basename(file),
          directory: dirname(file),
          lenient: true,
          strict: options.strict,
          browser,
        });
        for (const diagnostic of report.diagnostics) console.error(formatDiagnostic(diagnostic));
        for (const { path } of report.files) console.log(shown(path));
        for (const kept of report.kept) console.log(`  ${kept}`);
      } catch (error) {
        const isKnown =
          error instanceof NotebookError ||
          error instanceof ReportError ||
          error instanceof BrowserError;
        if (!isKnown) throw error;
        failures += 1;
        console.error(`fathom: ${error.message}`);
      }
    }
  } finally {
    await browser.close();
  }
  return failures === 0 ? 0 : 1;
}

function shown(path: string): string {
  return relative(process.cwd(), path) || '.';
}
